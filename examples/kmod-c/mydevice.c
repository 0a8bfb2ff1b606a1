// SPDX-License-Identifier: MIT OR GPL-2.0-only
/*
 * A character device in C whose read(2) is a function of a Lua script.
 *
 *	make -C /lib/modules/$(uname -r)/build M=$PWD modules
 *	sudo cp mydevice.lua /lib/modules/lua/
 *	sudo insmod mydevice.ko
 *	head -c 4 /dev/mydevice
 *
 * The device of examples/kmod-cpp has the same name: remove one module before the other is loaded. Otherwise that is refused,
 * and the kernel's log has a warning of sysfs, "cannot create duplicate filename".
 */
#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/uaccess.h>
#include <lunatik.h>

static lunatik_object_t *runtime;

static int l_read(lua_State *L, char __user *buf, size_t len, loff_t *off)
{
	size_t llen;
	const char *lbuf;

	lua_getglobal(L, "myread");
	lua_pushinteger(L, len);
	lua_pushinteger(L, *off);
	if (lua_pcall(L, 2, 2, 0) != LUA_OK) { /* myread(len, off) */
		pr_err("%s\n", lua_tostring(L, -1));
		return -ECANCELED;
	}

	lbuf = lua_tolstring(L, -2, &llen);
	if (!lbuf)
		return -EINVAL;
	llen = min(len, llen);
	if (copy_to_user(buf, lbuf, llen))
		return -EFAULT;

	/* Raises if the second result is neither an integer nor nil: lunatik_run() turns that into -ECANCELED. */
	*off = luaL_optinteger(L, -1, *off + llen);
	return llen;
}

static ssize_t mydevice_read(struct file *f, char __user *buf, size_t len, loff_t *off)
{
	lunatik_object_t *runtime = f->private_data;
	ssize_t ret;

	lunatik_run(runtime, l_read, ret, buf, len, off);
	return ret;
}

static int mydevice_open(struct inode *inode, struct file *f)
{
	lunatik_getobject(runtime);
	f->private_data = runtime;
	return 0;
}

static int mydevice_release(struct inode *inode, struct file *f)
{
	lunatik_putobject(f->private_data);
	return 0;
}

static const struct file_operations mydevice_fops = {
	.owner = THIS_MODULE,
	.open = mydevice_open,
	.read = mydevice_read,
	.release = mydevice_release,
};

static struct miscdevice mydevice = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "mydevice",
	.fops = &mydevice_fops,
	.mode = 0444,
};

static int __init mydevice_init(void)
{
	int ret = lunatik_runtime(&runtime, "mydevice", true);

	if (ret)
		return ret;
	ret = misc_register(&mydevice);
	if (ret)
		lunatik_stop(runtime);
	return ret;
}

static void __exit mydevice_exit(void)
{
	misc_deregister(&mydevice);
	lunatik_stop(runtime);
}

module_init(mydevice_init);
module_exit(mydevice_exit);
MODULE_LICENSE("Dual MIT/GPL");
MODULE_DESCRIPTION("A character device read from a Lua script");
