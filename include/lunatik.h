/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * The C API: running scripts from other kernel modules, and classes written against Lua's own API. For kernel C, and for
 * C++ modules that want lua_State (lunatik.hpp is the safer way there: a Lua error skips destructors; a file that wants
 * both includes this one first).
 *
 * Lua functions, methods and what runs inside lunatik_run() may raise Lua errors freely: they are called protected. What
 * takes a lua_State is only for them; nothing else here raises.
 */
#ifndef LUNATIK_H
#define LUNATIK_H

#include "api.h"
#include "lunatik/abi.h"
#include "lunatik/runtime.h"

#ifndef __cplusplus
#include "lunatik/module.h"

/* Lua's headers read a stdio.h that is made for Lua's own files; the kernel's snprintf() is another. */
#undef snprintf
#undef feof
#undef fclose
#undef EOF
#undef BUFSIZ
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* Names of version 3.0. */
typedef lunatik_object_t lunatik_runtime_t;
#define lunatik_get(runtime) lunatik_getobject(runtime)
#define lunatik_put(runtime) lunatik_putobject(runtime)

/* ---- runtimes ---- */

/** lunatik_toruntime - the runtime of a state, without a reference. */
static inline lunatik_object_t *lunatik_toruntime(lua_State *L)
{
	return ((struct lunatik_extra *)lua_getextraspace(L))->runtime;
}

/** lunatik_isready - whether the runtime's script has been loaded: its body has returned. */
LUNATIK_BOOL lunatik_isready(lua_State *L);

/** lunatik_checkruntime - the runtime of a state; raises if its context is not exactly that of @opt. */
lunatik_object_t *lunatik_checkruntime(lua_State *L, lunatik_opt_t opt);

/* What lunatik_run() keeps on the caller's stack; lua/protect.c knows the first part. */
struct lunatik_protect {
	void *previous;
	unsigned long jump[LUNATIK_JUMP_WORDS];
	volatile int status;
	lua_State *L;
	void *frame;
	long top;
	long error_function;
	unsigned int calls;
	unsigned char hooks;
	LUNATIK_BOOL locked;
	int slots;
	lunatik_object_t *runtime;
};

/* The parts of lunatik_run(). The first returns NULL, with the negative errno in @error, if it cannot enter; the last
 * returns 0, or the negative errno of what was raised. */
lua_State *lunatik_protect_begin(struct lunatik_protect *protect, lunatik_object_t *runtime, LUNATIK_BOOL lock, int *error);
int lunatik_protect_end(struct lunatik_protect *protect);
int lunatik_setjmp(unsigned long buffer[LUNATIK_JUMP_WORDS]) __attribute__((returns_twice, nothrow));
/* For C++, where nobody calls lunatik_setjmp(): calls @handler(L, @context) between the two. */
int lunatik_protect_call(lunatik_object_t *runtime, LUNATIK_BOOL lock, void (*handler)(lua_State *L, void *context),
			 void *context);

/**
 * lunatik_run - calls handler(L, ...) inside a runtime, locked and protected
 * @runtime: the runtime; the caller has a reference
 * @handler: takes the lua_State and the further arguments; has LUA_MINSTACK free slots. What it leaves on the stack is
 *	dropped
 * @ret: gets its result; -ENXIO if the state is closed or an atomic runtime's script is still being loaded, -EDEADLK if
 *	the caller is inside already, -EWOULDBLOCK if the runtime's lock may not be taken where the caller is, -EINTR if a
 *	signal came while it waited for the lock or the runtime was interrupted, -ECANCELED if the handler raised an error
 *	(logged)
 *
 * Context: process for a process runtime; process or softirq, with interrupts on, for a softirq one; any but NMI for a
 * hardirq one. In C++ @handler must not have anything with a destructor alive where it may raise.
 */
#define lunatik_run(runtime, handler, ret, ...) LUNATIK_CALL(runtime, 1, handler, ret, ##__VA_ARGS__)

/**
 * lunatik_handle - the same without taking the lock: from inside a lunatik_run() of the same runtime, or from a function
 * or method that its script called
 *
 * @ret also gets -ENXIO if the caller is not inside, and -ENOMEM if Lua's stack cannot grow.
 */
#define lunatik_handle(runtime, handler, ret, ...) LUNATIK_CALL(runtime, 0, handler, ret, ##__VA_ARGS__)

#ifndef __cplusplus
/* What is set after the first return of lunatik_setjmp() and read after the second must be volatile. */
#define LUNATIK_CALL(runtime_, lock, handler, ret, ...) \
	do { \
		struct lunatik_protect protect_; \
		volatile __typeof__(ret) result_ = 0; \
		int error_ = 0; \
		lua_State *L_ = lunatik_protect_begin(&protect_, (runtime_), lock, &error_); \
		if (L_) { \
			if (lunatik_setjmp(protect_.jump) == 0) \
				result_ = (handler)(L_, ##__VA_ARGS__); \
			error_ = lunatik_protect_end(&protect_); \
		} \
		if (error_) \
			(ret) = error_; \
		else \
			(ret) = result_; \
	} while (0)
#endif

/* ---- objects ---- */

/**
 * lunatik_newobject - makes an object and pushes it
 * @info: its class
 * @size: bytes of private data, zeroed; not allocated for LUNATIK_OPT_EXTERNAL, where the caller sets private itself
 * @opt: flags on top of the class'
 *
 * Raises without memory, if the class' context does not fit the runtime's (a process class needs a process runtime), and
 * if the class belongs to no library that the runtime has. The returned pointer is borrowed from the value pushed.
 */
lunatik_object_t *lunatik_newobject(lua_State *L, const lunatik_class_t *info, size_t size, lunatik_opt_t opt);

/**
 * lunatik_createobject - makes an object outside of any state, with one reference
 *
 * Any context. NULL without memory. An object pins its class' @owner, if that is set: a module that keeps such an object
 * until it is removed must leave @owner NULL, or it cannot be removed. Handing the object to a runtime pins the module too.
 */
lunatik_object_t *lunatik_createobject(const lunatik_class_t *info, size_t size, lunatik_opt_t opt);

/**
 * lunatik_cloneobject - pushes an object that exists as one more handle
 *
 * Opens the class' library, luaopen_<class name>, if the script has not required it. Raises for LUNATIK_OPT_SINGLE, if
 * the object's context does not fit the runtime's, if there is no such library, and without memory. If the class has a
 * @stop, the last handle going calls it; an owner that wants the object to go on has a handle of its own
 * (lunatik_holdobject()).
 */
void lunatik_cloneobject(lua_State *L, lunatik_object_t *object);

/** lunatik_toobject - the object at index @i, or NULL; borrowed. */
lunatik_object_t *lunatik_toobject(lua_State *L, int i);

/** lunatik_checkobject - the same, but raises if there is none. */
lunatik_object_t *lunatik_checkobject(lua_State *L, int i);

/**
 * lunatik_checkprivate - the private data of the object at index @i
 * @open: also raise "EBADF" if the object is stopped or has no private data
 *
 * For functions that LUNATIK_NEWLIB registered. A method's receiver (@i is 1) must be of the class whose method it is, any
 * other argument of one of the library's classes; it raises for everything else, and in a function of no such library. Negative
 * indices do not mean the receiver.
 */
void *lunatik_checkprivate(lua_State *L, int i, LUNATIK_BOOL open);

/**
 * lunatik_checkclass - the private data of the object at index @i, which must be open and of exactly that class
 *
 * Raises otherwise. For arguments where a library has several classes, and for objects of another library's class.
 */
void *lunatik_checkclass(lua_State *L, int i, const lunatik_class_t *info);

/**
 * lunatik_closeobject - a method: stops the object at index 1, once; checkers made by LUNATIK_PRIVATECHECKER raise "EBADF"
 * from then on
 *
 * For a class' methods, as {"close", lunatik_closeobject}. Calls the class' @stop, without the object's lock even for
 * LUNATIK_OPT_MONITOR: another runtime may be inside a method. Raises unless it is an object of the library's, and if there
 * is a @stop to call in a runtime that may not sleep.
 */
int lunatik_closeobject(lua_State *L);

/** Defines T checker(lua_State *L, int ix): the private data of an object of this library, open or not. Raises. */
#define LUNATIK_OBJECTCHECKER(checker, T) \
	static inline T checker(lua_State *L, int ix) \
	{ \
		return (T)lunatik_checkprivate(L, ix, 0); \
	}

#ifdef __cplusplus
#define LUNATIK_PRIVATE private_
#else
#define LUNATIK_PRIVATE private
#endif

/** The same, but raises "EBADF" for one that is closed; then runs statements that may look at `private` (C++: private_). */
#define LUNATIK_PRIVATECHECKER(checker, T, ...) \
	static inline T checker(lua_State *L, int ix) \
	{ \
		T LUNATIK_PRIVATE = (T)lunatik_checkprivate(L, ix, 1); \
		__VA_ARGS__ \
		return LUNATIK_PRIVATE; \
	}

/* ---- the registry pattern: objects made once and used by every callback ---- */

/**
 * lunatik_registerobject - keeps an object from being collected until lunatik_unregisterobject()
 * @ix: what lunatik_getregistry(L, object->private) gives from then on: typically the table of options that a callback
 *	needs; lunatik_getregistry(L, object) gives the object itself
 *
 * Raises "not enough memory".
 */
void lunatik_registerobject(lua_State *L, int ix, lunatik_object_t *object);

/** lunatik_unregisterobject - lets it be collected again. */
void lunatik_unregisterobject(lua_State *L, lunatik_object_t *object);

/** lunatik_getregistry - pushes what the registry keeps under @key, or nil, and returns its type. */
#define lunatik_getregistry(L, key) lua_rawgetp((L), LUA_REGISTRYINDEX, (key))

/**
 * lunatik_attach - makes an object with new_fn(L, ...), which pushes and returns it, registers it, and keeps it in
 * obj->field. Raises what new_fn raises; obj->field is as it was then.
 */
#define lunatik_attach(L, obj, field, new_fn, ...) \
	do { \
		lunatik_object_t *attached_ = new_fn((L), ##__VA_ARGS__); \
		lunatik_registerobject((L), lua_gettop(L), attached_); \
		(obj)->field = attached_; \
		lua_pop((L), 1); \
	} while (0)

/**
 * lunatik_detach - undoes a lunatik_attach(), also when the state is closed already or nothing is attached
 *
 * Context: inside the runtime, or where lunatik_run() of it may be called. Never raises.
 */
#define lunatik_detach(runtime, obj, field) \
	do { \
		lunatik_detachobject((runtime), (obj)->field); \
		(obj)->field = NULL; \
	} while (0)
void lunatik_detachobject(lunatik_object_t *runtime, lunatik_object_t *object);

/* ---- errors and arguments ---- */

/** lunatik_throw - raises the name of an errno: lunatik_throw(L, -ENOMEM) raises "ENOMEM". Does not return. */
void lunatik_throw(lua_State *L, int ret);

/** lunatik_tryret - ret = op(...), and lunatik_throw() if that is negative. */
#define lunatik_tryret(L, ret, op, ...) \
	do { \
		if (((ret) = op(__VA_ARGS__)) < 0) \
			lunatik_throw((L), (ret)); \
	} while (0)

/** lunatik_try - the same, for a result that nobody wants. */
#define lunatik_try(L, op, ...) \
	do { \
		int ret_; \
		lunatik_tryret((L), ret_, op, ##__VA_ARGS__); \
	} while (0)

/* The value of field @name of the table at @idx, see below; lunatik_fitfield() raises unless @fits. */
lua_Integer lunatik_checkfield(lua_State *L, int idx, const char *name);
lua_Integer lunatik_optfield(lua_State *L, int idx, const char *name, lua_Integer otherwise);
void lunatik_copyfield(lua_State *L, int idx, const char *name, char *to, size_t size);
void lunatik_fitfield(lua_State *L, const char *name, LUNATIK_BOOL fits);

#define LUNATIK_SETFIELD(L, to, name, value) \
	do { \
		lua_Integer field_ = (value); \
		(to) = (__typeof__(to))field_; \
		lunatik_fitfield((L), name, (lua_Integer)(to) == field_); \
	} while (0)

/** lunatik_setinteger - hook->field = the integer @field of the table at @idx. Raises if it is none or does not fit. */
#define lunatik_setinteger(L, idx, hook, field) \
	LUNATIK_SETFIELD(L, (hook)->field, #field, lunatik_checkfield((L), (idx), #field))

/** lunatik_optinteger - the same, or @opt if the table has no such field. */
#define lunatik_optinteger(L, idx, priv, field, opt) \
	LUNATIK_SETFIELD(L, (priv)->field, #field, lunatik_optfield((L), (idx), #field, (opt)))

/**
 * lunatik_setstring - the string @field of the table at @idx, cut to what fits @maxlen bytes with a terminating zero. Raises
 * if it is no string.
 */
#define lunatik_setstring(L, idx, hook, field, maxlen) lunatik_copyfield((L), (idx), #field, (char *)(hook)->field, (maxlen))

/* ---- libraries ---- */

/** LUNATIK_CLASSES - declares the array lua<name>_classes of a library's classes, for LUNATIK_NEWLIB. */
#define LUNATIK_CLASSES(name, ...) static const lunatik_class_t *lua##name##_classes[] = { __VA_ARGS__, NULL }

/** lunatik_newlib - registers classes and pushes the library's table; the whole of a luaopen function. Raises. */
int lunatik_newlib(lua_State *L, const luaL_Reg *functions, const lunatik_class_t *const *classes, struct module *owner);

/**
 * LUNATIK_NEWLIB - defines luaopen_<libname>, what require("<libname>") calls, and lets require() find this module
 * @funcs: luaL_Reg array, ended by NULL names: the library's table
 * @classes: array of pointers to the library's classes, ended by NULL (LUNATIK_CLASSES makes it); or NULL
 *
 * Classes of any context are registered in a runtime of any context; creating an object is what checks. A module in C++ has
 * LUNATIK_MODULE(<libname>, ...) in a C file of its own besides.
 */
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

/* ---- memory: the kernel's, with the allocation flags of the runtime's context; the runtime's cap does not count it ---- */

/** lunatik_malloc - @size bytes, or NULL. At most what kmalloc() gives. */
void *lunatik_malloc(lua_State *L, size_t size);
/** lunatik_realloc - moves @ptr (or NULL) to @size bytes. NULL, and @ptr as it was, without memory; a @size of 0 frees it. */
void *lunatik_realloc(lua_State *L, void *ptr, size_t size);
/** lunatik_free - frees either, or what kmalloc() gave; kfree(). Any context. */
void lunatik_free(void *ptr);

#ifdef __cplusplus
}

extern "C" {
extern struct module __this_module;
}

#define LUNATIK_NEWLIB(libname, funcs, classes) \
	extern "C" int luaopen_##libname(lua_State *L); \
	extern "C" int luaopen_##libname(lua_State *L) \
	{ \
		return lunatik_newlib(L, (funcs), (classes), &__this_module); \
	} \
	static_assert(true)

namespace lunatik::detail {

/// lunatik_run() without a jump through C++: `handler` is called by a C function that catches what it raises.
template <class Handler, class Ret, class... A>
inline void run_protected(lunatik_object_t *runtime, bool lock, Handler handler, Ret &ret, A... arguments) noexcept
{
	auto call = [&](lua_State *L) { ret = handler(L, arguments...); };
	auto enter = [](lua_State *L, void *context) {
		// SAFETY: lunatik_protect_call() passes on the address of `call`.
		(*static_cast<decltype(call) *>(context))(L);
	};
	if (int error = lunatik_protect_call(runtime, lock, enter, &call))
		ret = error;
}

} // namespace lunatik::detail

#define LUNATIK_CALL(runtime_, lock, handler, ret, ...) \
	::lunatik::detail::run_protected((runtime_), lock, (handler), (ret)__VA_OPT__(, ) __VA_ARGS__)
#endif

#endif
