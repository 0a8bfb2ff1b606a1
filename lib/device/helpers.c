// SPDX-License-Identifier: MIT OR GPL-2.0-only
/*
 * One range of minors and one cdev serve all Lua devices: a file finds its device by minor, under a lock, at open. So
 * there is no cdev of a device that could be freed under an open file.
 */
#include <linux/cdev.h>
#include <linux/device.h>
#include <linux/fs.h>
#include <linux/mutex.h>
#include <linux/xarray.h>
#include "helpers/helpers.h"
#include "lunatik/module.h"
#include "helpers.h"

#define MINORS 4096

static DEFINE_XARRAY_ALLOC(devices);	/* minor -> object, a reference each */
/* While a device is made or removed: nobody opens a minor of which it is not certain yet that it stays, nor takes a name that is. */
static DEFINE_MUTEX(making);
static dev_t base;
static struct cdev cdev;

/*
 * The mode of the device file. Since "driver core: make struct class.devnode() take a const *" (ff62b8e6588f, v6.2) the
 * device is const; Kbuild looks which one this kernel has.
 */
#ifdef LUNATIK_CONST_DEVNODE
static char *devnode(const struct device *device, umode_t *mode)
#else
static char *devnode(struct device *device, umode_t *mode)
#endif
{
	if (mode)
		*mode = (umode_t)(unsigned long)dev_get_drvdata(device);
	return NULL;
}

static struct class class = {
	.name = "lunatik",
	.devnode = devnode,
};

static int device_open(struct inode *inode, struct file *file)
{
	lunatik_object_t *object;
	int error;

	if (mutex_lock_killable(&making))
		return -EINTR;
	object = xa_load(&devices, iminor(inode));
	if (object)
		lunatik_getobject(object);
	mutex_unlock(&making);
	if (!object)
		return -ENXIO;
	error = lunatik_device_open(object);
	if (error) {
		lunatik_putobject(object);
		return error;
	}
	file->private_data = object;
	return 0;
}

static int device_release(struct inode *inode, struct file *file)
{
	lunatik_device_release(file->private_data);
	lunatik_putobject(file->private_data);
	return 0;
}

static ssize_t device_read(struct file *file, char __user *buffer, size_t size, loff_t *offset)
{
	return lunatik_device_read(file->private_data, (void *)buffer, size, offset);
}

static ssize_t device_write(struct file *file, const char __user *buffer, size_t size, loff_t *offset)
{
	return lunatik_device_write(file->private_data, (const void *)buffer, size, offset);
}

static const struct file_operations operations = {
	.owner = THIS_MODULE,
	.open = device_open,
	.release = device_release,
	.read = device_read,
	.write = device_write,
	.llseek = default_llseek,
};

/* devtmpfs keeps quiet about a name that is taken, by another driver or a directory. 0: it is free. */
static int look_for_node(const char *name)
{
	char node[128];
	int error;

	/* A task that exits closes its files last, and can look for nothing then. */
	if (!current->fs)
		return -EINTR;
	snprintf(node, sizeof(node), "/dev/%s", name);
	error = lunatik_h_look_for(node);
	if (error)
		return error == -ENOENT ? 0 : error;
	return -EEXIST;
}

/* Whether there is a Lua device of that name, whose node may have been removed: sysfs would say so with a trace of the stack. */
static bool is_device(const char *name)
{
	struct device *device = class_find_device_by_name(&class, name);
	bool found = device;

	put_device(device);
	return found;
}

static int add(lunatik_object_t *object, const char *name, unsigned int mode)
{
	struct device *device;
	u32 minor;
	int error;

	if (is_device(name))
		return -EEXIST;
	error = xa_alloc(&devices, &minor, object, XA_LIMIT(0, MINORS - 1), GFP_KERNEL);
	if (error)
		return error == -EBUSY ? -ENOSPC : error;
	lunatik_getobject(object);
	device = device_create(&class, NULL, MKDEV(MAJOR(base), minor), (void *)(unsigned long)mode, "%s", name);
	if (IS_ERR(device)) {
		xa_erase(&devices, minor);
		lunatik_putobject(object);
		return PTR_ERR(device);
	}
	return minor;
}

int lunatik_h_device_add(lunatik_object_t *object, const char *name, unsigned int mode)
{
	int result = look_for_node(name);

	if (result)
		return result;
	if (mutex_lock_killable(&making))
		return -EINTR;
	result = add(object, name, mode);
	mutex_unlock(&making);
	return result;
}

void lunatik_h_device_remove(int minor)
{
	lunatik_object_t *object;

	mutex_lock(&making);
	/* Before another device may get the minor: sysfs knows devices by their numbers. */
	device_destroy(&class, MKDEV(MAJOR(base), minor));
	object = xa_erase(&devices, minor);
	mutex_unlock(&making);
	if (object)
		lunatik_putobject(object);
}

static int device_init(void)
{
	int error = alloc_chrdev_region(&base, 0, MINORS, "lunatik");

	if (error)
		return error;
	error = class_register(&class);
	if (error)
		goto unregister_region;
	cdev_init(&cdev, &operations);
	cdev.owner = THIS_MODULE;
	error = cdev_add(&cdev, base, MINORS);
	if (error)
		goto unregister_class;
	return 0;

unregister_class:
	class_unregister(&class);
unregister_region:
	unregister_chrdev_region(base, MINORS);
	return error;
}

static void device_exit(void)
{
	cdev_del(&cdev);
	class_unregister(&class);
	unregister_chrdev_region(base, MINORS);
	xa_destroy(&devices);
}

LUNATIK_MODULE_INIT(device, "Lua library: character device drivers", device_init, device_exit);
