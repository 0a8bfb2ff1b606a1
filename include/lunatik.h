/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * The C API: running scripts from other kernel modules, and classes written against Lua's own API. For kernel C, and for
 * C++ modules that want lua_State (lunatik.hpp is the safer way there).
 *
 * Whatever runs inside lunatik_run(), and every Lua function and method, may raise Lua errors freely: it is called
 * protected. Outside of that nothing here raises.
 */
#ifndef LUNATIK_H
#define LUNATIK_H

#include "api.h"
#include "lunatik/abi.h"

#ifndef __cplusplus
#include "lunatik/module.h"
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* Names of version 3.0. */
typedef lunatik_object_t lunatik_runtime_t;
#define lunatik_get(runtime) lunatik_getobject(runtime)
#define lunatik_put(runtime) lunatik_putobject(runtime)

/* ---- runtimes ---- */

/**
 * lunatik_runtime - makes a runtime and runs /lib/modules/lua/<script>.lua in it
 * @pruntime: set to the runtime, with one reference, if 0 is returned
 * @script: name of the script
 * @sleep: true for a process runtime, false for a softirq one
 *
 * Context: process, may sleep. Returns 0, -ENOMEM, or -EINVAL if the script cannot be loaded or raised an error, which is
 * then in the log.
 */
int lunatik_runtime(lunatik_object_t **pruntime, const char *script, LUNATIK_BOOL sleep);

/** lunatik_runtimeopt - the same for any context: LUNATIK_OPT_NONE, LUNATIK_OPT_SOFTIRQ or LUNATIK_OPT_HARDIRQ. */
int lunatik_runtimeopt(lunatik_object_t **pruntime, const char *script, lunatik_opt_t opt);

/**
 * lunatik_stop - closes the runtime's state, ending what runs in it, and drops a reference
 *
 * Context: process, may sleep; not from inside the runtime. Returns 1 if that was the last reference, 0 otherwise.
 */
int lunatik_stop(lunatik_object_t *runtime);

/** lunatik_toruntime - the runtime of a state, without a reference. */
static inline lunatik_object_t *lunatik_toruntime(lua_State *L)
{
	return ((struct lunatik_extra *)lua_getextraspace(L))->runtime;
}

/** lunatik_isready - whether the runtime's script has been loaded: its body has returned. */
LUNATIK_BOOL lunatik_isready(lua_State *L);

/** lunatik_checkruntime - the runtime of a state; raises if its context is not exactly that of @opt. */
lunatik_object_t *lunatik_checkruntime(lua_State *L, lunatik_opt_t opt);

/* What lunatik_run() keeps on the caller's stack. */
struct lunatik_protect {
	void *previous;			/* as struct lua_longjmp, lua/protect.c */
	unsigned long jump[8];
	volatile int status;
	lua_State *L;
	void *frame;
	long top;
	long error_function;
	unsigned int calls;
	unsigned char hooks;
	int slots;
	lunatik_object_t *runtime;
	LUNATIK_BOOL locked;
};

/* The parts of lunatik_run(). lunatik_protect_begin() returns NULL, with the negative errno in @error, if it cannot enter. */
lua_State *lunatik_protect_begin(struct lunatik_protect *protect, lunatik_object_t *runtime, LUNATIK_BOOL lock, int *error);
int lunatik_protect_failed(struct lunatik_protect *protect);
void lunatik_protect_end(struct lunatik_protect *protect);
int lunatik_setjmp(unsigned long buffer[8]) __attribute__((returns_twice, nothrow));

#define LUNATIK_CALL(runtime_, lock, handler, ret, ...) \
	do { \
		struct lunatik_protect protect_; \
		int error_ = 0; \
		lua_State *L_ = lunatik_protect_begin(&protect_, (runtime_), lock, &error_); \
		if (!L_) { \
			(ret) = error_; \
		} else { \
			if (lunatik_setjmp(protect_.jump) == 0) \
				(ret) = (handler)(L_, ##__VA_ARGS__); \
			else \
				(ret) = lunatik_protect_failed(&protect_); \
			lunatik_protect_end(&protect_); \
		} \
	} while (0)

/**
 * lunatik_run - calls handler(L, ...) inside a runtime, locked and protected
 * @runtime: the runtime
 * @handler: takes the lua_State and the further arguments
 * @ret: gets its result; -ENXIO if the state is closed, -EDEADLK if the caller is inside already, -EINTR on a signal while
 *	it waited, -ECANCELED if the handler raised an error (logged)
 *
 * Context: the runtime's. For C; a C++ module uses lunatik::Entry.
 */
#define lunatik_run(runtime, handler, ret, ...) LUNATIK_CALL(runtime, 1, handler, ret, ##__VA_ARGS__)

/** lunatik_handle - the same without taking the lock: from inside a lunatik_run() of the same runtime. */
#define lunatik_handle(runtime, handler, ret, ...) LUNATIK_CALL(runtime, 0, handler, ret, ##__VA_ARGS__)

/* ---- objects ---- */

/**
 * lunatik_newobject - makes an object and pushes it
 * @size: bytes of private data, zeroed; not allocated for LUNATIK_OPT_EXTERNAL, where the caller sets private itself
 * @opt: flags on top of the class'
 *
 * Raises without memory, and if the class' context does not fit the runtime's. The returned pointer is borrowed from the
 * value pushed.
 */
lunatik_object_t *lunatik_newobject(lua_State *L, const lunatik_class_t *info, size_t size, lunatik_opt_t opt);

/**
 * lunatik_createobject - makes an object outside of any state, with one reference
 *
 * Any context. NULL without memory. A class that names no owner does not pin its module through such an object: the module
 * must outlive it.
 */
lunatik_object_t *lunatik_createobject(const lunatik_class_t *info, size_t size, lunatik_opt_t opt);

/** lunatik_cloneobject - pushes an object that exists as one more handle; raises for LUNATIK_OPT_SINGLE. */
void lunatik_cloneobject(lua_State *L, lunatik_object_t *object);

/** lunatik_toobject - the object at index @i, or NULL; borrowed. */
lunatik_object_t *lunatik_toobject(lua_State *L, int i);

/** lunatik_checkobject - the same, but raises if there is none. */
lunatik_object_t *lunatik_checkobject(lua_State *L, int i);

/**
 * lunatik_checkprivate - the private data of the object at index @i
 * @open: also raise "EBADF" if the object is stopped or has no private data
 *
 * Called by a function that LUNATIK_NEWLIB registered, it raises unless the object's class is one of that library's.
 */
void *lunatik_checkprivate(lua_State *L, int i, LUNATIK_BOOL open);

#define LUNATIK_OBJECTCHECKER(checker, T) \
	static inline T checker(lua_State *L, int ix) \
	{ \
		return (T)lunatik_checkprivate(L, ix, 0); \
	}

#define LUNATIK_PRIVATECHECKER(checker, T, ...) \
	static inline T checker(lua_State *L, int ix) \
	{ \
		T private = (T)lunatik_checkprivate(L, ix, 1); \
		__VA_ARGS__ \
		return private; \
	}

/* ---- the registry pattern: objects made once and used by every callback ---- */

/** Keeps the object at index @ix from being collected. Raises. */
void lunatik_registerobject(lua_State *L, int ix, lunatik_object_t *object);
/** Lets it be collected again. */
void lunatik_unregisterobject(lua_State *L, lunatik_object_t *object);
/** Pushes what the registry keeps under @key and returns its type. */
#define lunatik_getregistry(L, key) lua_rawgetp((L), LUA_REGISTRYINDEX, (key))

#define lunatik_attach(L, obj, field, new_fn, ...) \
	do { \
		(obj)->field = new_fn((L), ##__VA_ARGS__); \
		lunatik_registerobject((L), lua_gettop(L), (obj)->field); \
		lua_pop((L), 1); \
	} while (0)

/** Undoes a lunatik_attach(), also when the state is closed already. */
void lunatik_detachobject(lunatik_object_t *runtime, lunatik_object_t *object);
#define lunatik_detach(runtime, obj, field) \
	do { \
		lunatik_detachobject((runtime), (obj)->field); \
		(obj)->field = NULL; \
	} while (0)

/* ---- errors and arguments ---- */

/** Raises the name of an errno: lunatik_throw(L, -ENOMEM) raises "ENOMEM". Does not return. */
void lunatik_throw(lua_State *L, int ret);

#define lunatik_tryret(L, ret, op, ...) \
	do { \
		if (((ret) = op(__VA_ARGS__)) < 0) \
			lunatik_throw((L), (ret)); \
	} while (0)

#define lunatik_try(L, op, ...) \
	do { \
		int ret_; \
		lunatik_tryret((L), ret_, op, ##__VA_ARGS__); \
	} while (0)

/** The integer, or string, in field @name of the table at @idx; raises if it is something else. */
lua_Integer lunatik_checkfield(lua_State *L, int idx, const char *name);
lua_Integer lunatik_optfield(lua_State *L, int idx, const char *name, lua_Integer otherwise);
void lunatik_copyfield(lua_State *L, int idx, const char *name, char *to, size_t size);

#define lunatik_setinteger(L, idx, hook, field) ((hook)->field = lunatik_checkfield((L), (idx), #field))
#define lunatik_optinteger(L, idx, priv, field, opt) ((priv)->field = lunatik_optfield((L), (idx), #field, (opt)))
#define lunatik_setstring(L, idx, hook, field, maxlen) lunatik_copyfield((L), (idx), #field, (char *)(hook)->field, (maxlen))

/* ---- libraries ---- */

#define LUNATIK_CLASSES(name, ...) static const lunatik_class_t *lua##name##_classes[] = { __VA_ARGS__, NULL }

/** Registers classes and pushes the library's table; the whole of a luaopen function. Raises. */
int lunatik_newlib(lua_State *L, const luaL_Reg *functions, const lunatik_class_t *const *classes, struct module *owner);

#ifndef __cplusplus
#define LUNATIK_NEWLIB(libname, funcs, classes) \
	int luaopen_##libname(lua_State *L); \
	int luaopen_##libname(lua_State *L) \
	{ \
		return lunatik_newlib(L, (funcs), (classes), THIS_MODULE); \
	} \
	EXPORT_SYMBOL_GPL(luaopen_##libname); \
	static int (*const lunatik_open_##libname[])(lua_State *) __used = { luaopen_##libname }; \
	MODULE_ALIAS("lunatik:" #libname)
#endif

/* ---- memory: Lua's allocator is the state's own; these are the kernel's, in the runtime's context ---- */

/** @size bytes, or NULL. */
void *lunatik_malloc(lua_State *L, size_t size);
/** Moves @ptr to @size bytes; NULL, and @ptr as it was, without memory. @size must not be 0. */
void *lunatik_realloc(lua_State *L, void *ptr, size_t size);
/** Frees either. Any context. */
void lunatik_free(void *ptr);

#ifdef __cplusplus
}
#endif

#endif
