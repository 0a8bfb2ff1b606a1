/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* For kernel C: what makes a .ko out of a library that LUNATIK_LIBRARY or LUNATIK_NEWLIB defines. */
#ifndef LUNATIK_MODULE_H
#define LUNATIK_MODULE_H

#include <linux/export.h>
#include <linux/init.h>
#include <linux/module.h>

/* Our own Kbuild says which; a module of somebody else's may say its own. */
#ifndef LUNATIK_VERSION
#define LUNATIK_VERSION "0"
#endif

struct lua_State;

/**
 * LUNATIK_MODULE_INIT - the boilerplate of a library's module that has work to do when it is loaded and unloaded
 * @library: its name, as in require("library"); luaopen_<library> is defined elsewhere in the module
 * @description: one line for modinfo
 * @init: int init(void), 0 or a negative errno
 * @exit: void exit(void)
 *
 * require() finds the module by its alias "lunatik:<library>" and calls the exported luaopen_<library>. The table keeps
 * its address taken: objtool seals indirect calls to functions whose address nobody takes.
 */
#define LUNATIK_MODULE_INIT(library, description, init, exit) \
	LUNATIK_MODULE_OF(luaopen_##library, "lunatik:" #library, description, init, exit)

/** LUNATIK_MODULE - the same for a library that has none. */
#define LUNATIK_MODULE(library, description) \
	LUNATIK_MODULE_OF(luaopen_##library, "lunatik:" #library, description, lunatik_no_init, lunatik_no_exit)

/* Names are pasted before they get here: "linux" is a macro of the compiler's. */
#define LUNATIK_MODULE_OF(open, alias, description, init, exit) \
	int open(struct lua_State *L); \
	EXPORT_SYMBOL_GPL(open); \
	static int (*const lunatik_open[])(struct lua_State *) __used = { open }; \
	static int __init lunatik_library_init(void) \
	{ \
		return init(); \
	} \
	static void __exit lunatik_library_exit(void) \
	{ \
		exit(); \
	} \
	module_init(lunatik_library_init); \
	module_exit(lunatik_library_exit); \
	MODULE_LICENSE("Dual MIT/GPL"); \
	MODULE_DESCRIPTION(description); \
	MODULE_VERSION(LUNATIK_VERSION); \
	MODULE_ALIAS(alias)

static inline int lunatik_no_init(void)
{
	return 0;
}

static inline void lunatik_no_exit(void)
{
}

#endif
