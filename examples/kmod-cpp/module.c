// SPDX-License-Identifier: MIT OR GPL-2.0-only
/* The kernel's side of /dev/mydevice. */
#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/uaccess.h>
#include "mydevice.h"

int mydevice_to_user(void *buffer, const void *from, unsigned long size)
{
	return copy_to_user((void __user *)buffer, from, size) ? -EFAULT : 0;
}

static ssize_t read(struct file *file, char __user *buffer, size_t size, loff_t *offset)
{
	return mydevice_read((void *)buffer, size, offset);
}

static const struct file_operations operations = {
	.owner = THIS_MODULE,
	.read = read,
};

static struct miscdevice device = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "mydevice",
	.fops = &operations,
	.mode = 0444,
};

static int __init init(void)
{
	int error = mydevice_start();

	if (error)
		return error;
	error = misc_register(&device);
	if (error)
		mydevice_stop();
	return error;
}

static void __exit finish(void)
{
	/* No file is open any more: each has a reference to this module. */
	misc_deregister(&device);
	mydevice_stop();
}

module_init(init);
module_exit(finish);
MODULE_LICENSE("Dual MIT/GPL");
MODULE_DESCRIPTION("A character device read from a Lua script, in C++");
