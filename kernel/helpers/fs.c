// SPDX-License-Identifier: MIT OR GPL-2.0-only
/* fs.h, uaccess.h */
#include <linux/cred.h>
#include <linux/fs.h>
#include <linux/fs_struct.h>
#include <linux/init_task.h>
#include <linux/namei.h>
#include <linux/path.h>
#include <linux/sched/task.h>
#include <linux/uaccess.h>
#include <linux/vmalloc.h>
#include "helpers.h"

/* What is copied to a task word by word, without a look at where it comes from: as much as a short string of Lua's has. */
#define SHORT_COPY 40

static struct file *open_regular(struct file *place, const struct cred *kernel)
{
	umode_t mode = file_inode(place)->i_mode;

	if (S_ISREG(mode))
		return dentry_open(&place->f_path, O_RDONLY | O_LARGEFILE, kernel);
	return ERR_PTR(S_ISDIR(mode) ? -EISDIR : -EINVAL);
}

/*
 * Finds what the name means to init, with the kernel's own rights: a callback of a Lua device runs in the task that uses the
 * device, and whoever that is must not choose, by a mount namespace or a chroot, which file the kernel runs. Returns what @open makes of
 * it, an error, or NULL if it is there and nothing is to be opened.
 */
static struct file *find_as_init(const char *name, struct file *(*open)(struct file *place, const struct cred *kernel))
{
	struct cred *kernel = prepare_kernel_cred(&init_task);
	struct file *place, *file = NULL;
	const struct cred *callers;
	struct path root;

	if (!kernel)
		return ERR_PTR(-ENOMEM);
	task_lock(&init_task);
	get_fs_root(init_task.fs, &root);
	task_unlock(&init_task);
	callers = override_creds(kernel);
	/*
	 * Looked at before it is opened: to open a FIFO may wait, and to open a Lua device runs its script, which may wait for
	 * the very runtime that asks.
	 */
	place = file_open_root(&root, name, open ? O_PATH : O_PATH | O_NOFOLLOW, 0);
	if (IS_ERR(place)) {
		file = place;
	} else {
		if (open)
			file = open(place, kernel);
		filp_close(place, NULL);
	}
	revert_creds(callers);
	put_cred(kernel);
	path_put(&root);
	return file;
}

struct file *lunatik_h_filp_open(const char *name, int *error)
{
	struct file *file = find_as_init(name, open_regular);

	if (IS_ERR(file)) {
		*error = -PTR_ERR(file);
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

int lunatik_h_look_for(const char *name)
{
	return PTR_ERR_OR_ZERO(find_as_init(name, NULL));
}

int lunatik_h_copy_to_user(void *to, const void *from, size_t size)
{
	return copy_to_user((void __user *)to, from, size) ? -EFAULT : 0;
}

int lunatik_h_copy_to_user_nofault(void *to, const void *from, size_t size)
{
	char __user *user = (char __user *)to;
	const char *bytes = from;
	int error = -EFAULT;

	/*
	 * Of a size that is not constant the kernel looks up whether so much lies in what may be copied (hardened usercopy). For so little
	 * that is most of the cost; the caller bounds @size by the string's own.
	 */
	if (size > SHORT_COPY)
		return copy_to_user_nofault(user, from, size) ? -EFAULT : 0;
	pagefault_disable();
	if (user_access_begin(user, size)) {
		unsafe_copy_to_user(user, bytes, size, fault);
		error = 0;
fault:
		user_access_end();
	}
	pagefault_enable();
	return error;
}

int lunatik_h_copy_from_user(void *to, const void *from, size_t size)
{
	return copy_from_user(to, (const void __user *)from, size) ? -EFAULT : 0;
}

int lunatik_h_copy_from_user_nofault(void *to, const void *from, size_t size)
{
	return copy_from_user_nofault(to, (const void __user *)from, size) ? -EFAULT : 0;
}
