// SPDX-License-Identifier: MIT OR GPL-2.0-only
/* What Lua is measured against: a device in C that does what the Lua devices of tests/bench do. */
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#define LARGEST 65536

static char bytes[LARGEST];

static ssize_t reference_read(struct file *file, char __user *buffer, size_t size, loff_t *offset)
{
	size = min_t(size_t, size, LARGEST);
	return copy_to_user(buffer, bytes, size) ? -EFAULT : size;
}

/* A device that looks at what it is given has it in memory of its own first. */
static ssize_t reference_write(struct file *file, const char __user *buffer, size_t size, loff_t *offset)
{
	void *copy = memdup_user(buffer, min_t(size_t, size, LARGEST));

	if (IS_ERR(copy))
		return PTR_ERR(copy);
	kfree(copy);
	return size;
}

static const struct file_operations operations = {
	.owner = THIS_MODULE,
	.read = reference_read,
	.write = reference_write,
};

static struct miscdevice device = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "bench_reference",
	.fops = &operations,
};
module_misc_device(device);

MODULE_LICENSE("Dual MIT/GPL");
MODULE_DESCRIPTION("What Lua is measured against");
