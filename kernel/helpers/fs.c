// SPDX-License-Identifier: MIT OR GPL-2.0-only
/* fs.h, uaccess.h */
#include <linux/fs.h>
#include <linux/uaccess.h>
#include "helpers.h"

struct file *lunatik_h_filp_open(const char *name, int *error)
{
	/* O_NONBLOCK: opening a FIFO must not wait for its other end. */
	struct file *file = filp_open(name, O_RDONLY | O_LARGEFILE | O_NONBLOCK, 0);

	if (IS_ERR(file)) {
		*error = -PTR_ERR(file);
		return NULL;
	}
	if (!S_ISREG(file_inode(file)->i_mode)) {
		*error = S_ISDIR(file_inode(file)->i_mode) ? EISDIR : EINVAL;
		filp_close(file, NULL);
		return NULL;
	}
	*error = 0;
	return file;
}

long lunatik_h_kernel_read(struct file *file, void *buffer, size_t size, long long *position)
{
	return kernel_read(file, buffer, size, position);
}

long long lunatik_h_file_size(struct file *file)
{
	return i_size_read(file_inode(file));
}

void lunatik_h_filp_close(struct file *file)
{
	filp_close(file, NULL);
}

int lunatik_h_copy_to_user(void *to, const void *from, size_t size)
{
	return copy_to_user((void __user *)to, from, size) ? -EFAULT : 0;
}

int lunatik_h_copy_from_user(void *to, const void *from, size_t size)
{
	return copy_from_user(to, (const void __user *)from, size) ? -EFAULT : 0;
}
