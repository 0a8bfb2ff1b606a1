// SPDX-License-Identifier: MIT OR GPL-2.0-only
/* /dev/lunatik: the system calls of the control device. Everything behind them is session.cpp's. */
#include <linux/capability.h>
#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/poll.h>
#include <linux/seq_file.h>
#include "lunatik/uapi.h"
#include "control/session.hpp"

static int control_open(struct inode *inode, struct file *file)
{
	/* Scripts run with the kernel's own rights, so root of a container is not enough. */
	if (!capable(CAP_SYS_ADMIN))
		return -EPERM;
	file->private_data = lunatik_session_open();
	return file->private_data ? stream_open(inode, file) : -ENOMEM;
}

static int control_release(struct inode *inode, struct file *file)
{
	lunatik_session_release(file->private_data);
	return 0;
}

static ssize_t control_read(struct file *file, char __user *buffer, size_t size, loff_t *offset)
{
	return lunatik_session_read(file->private_data, (void *)buffer, size, file->f_flags & O_NONBLOCK);
}

static ssize_t control_write(struct file *file, const char __user *buffer, size_t size, loff_t *offset)
{
	return lunatik_session_write(file->private_data, (const void *)buffer, size);
}

static __poll_t control_poll(struct file *file, poll_table *table)
{
	unsigned int ready;

	poll_wait(file, lunatik_session_waitqueue(file->private_data), table);
	ready = lunatik_session_poll(file->private_data);
	return (ready & 1 ? EPOLLIN | EPOLLRDNORM : 0) | (ready & 2 ? EPOLLOUT | EPOLLWRNORM : 0);
}

/* Who is to unload the module sees here which clients will be told and end, and which will not hear of it. */
static void control_show_fdinfo(struct seq_file *text, struct file *file)
{
	seq_printf(text, "lunatik-request:\t%d\n", lunatik_session_busy(file->private_data));
}

static const struct file_operations control_operations = {
	.owner = THIS_MODULE,
	.open = control_open,
	.release = control_release,
	.read = control_read,
	.write = control_write,
	.poll = control_poll,
	.show_fdinfo = control_show_fdinfo,
#ifdef FMODE_LSEEK
	.llseek = noop_llseek,
#endif
};

static struct miscdevice control_device = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = LUNATIK_DEVICE,
	.fops = &control_operations,
	.mode = 0600,
};

int lunatik_device_init(void)
{
	return misc_register(&control_device);
}

void lunatik_device_exit(void)
{
	misc_deregister(&control_device);
}
