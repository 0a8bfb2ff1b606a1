// SPDX-License-Identifier: MIT OR GPL-2.0-only
/* The library "capi": a class of each kind, for the scripts in lib/ and for the tests of objects below. */
#include <linux/atomic.h>
#include <linux/delay.h>
#include <linux/module.h>
#include <linux/slab.h>
#include "capi.h"

struct thing {
	lua_Integer value;
	char bytes[64];
};

static atomic_t released, stopped, atomic_releases;

int capi_released(void)
{
	return atomic_read(&released);
}

int capi_stopped(void)
{
	return atomic_read(&stopped);
}

static void thing_release(void *private)
{
	atomic_inc(&released);
	if (in_atomic() || irqs_disabled())
		atomic_inc(&atomic_releases);
}

static void thing_stop(void *private)
{
	struct thing *thing = private;

	thing->value = -1;
	atomic_inc(&stopped);
	if (in_atomic() || irqs_disabled())
		atomic_inc(&atomic_releases);
}

LUNATIK_OBJECTCHECKER(thing_any, struct thing *);
LUNATIK_PRIVATECHECKER(thing_check, struct thing *,
	if (private->value == 13)
		luaL_argerror(L, ix, "unlucky");
);

static int thing_get(lua_State *L)
{
	lua_pushinteger(L, thing_check(L, 1)->value);
	return 1;
}

static int thing_set(lua_State *L)
{
	thing_any(L, 1)->value = luaL_checkinteger(L, 2);
	return 0;
}

/* Loses counts unless a lock is held. */
static int thing_add(lua_State *L)
{
	struct thing *thing = thing_check(L, 1);
	lua_Integer value = READ_ONCE(thing->value);

	udelay(20);
	WRITE_ONCE(thing->value, value + 1);
	return 0;
}

static int thing_plus(lua_State *L)
{
	lua_pushinteger(L, thing_check(L, 1)->value + thing_check(L, 2)->value);
	return 1;
}

static int thing_raise(lua_State *L)
{
	thing_check(L, 1);
	return luaL_error(L, "from a method");
}

/* A monitored method runs with the collector off. */
static int thing_monitored(lua_State *L)
{
	thing_check(L, 1);
	lua_pushboolean(L, !lua_gc(L, LUA_GCISRUNNING));
	return 1;
}

static int thing_call(lua_State *L)
{
	thing_check(L, 1);
	lua_settop(L, 2);
	lua_call(L, 0, LUA_MULTRET);
	return lua_gettop(L) - 1;
}

static const luaL_Reg thing_methods[] = {
	{ "get", thing_get },
	{ "set", thing_set },
	{ "add", thing_add },
	{ "plus", thing_plus },
	{ "raise", thing_raise },
	{ "monitored", thing_monitored },
	{ "call", thing_call },
	{ "close", lunatik_closeobject },
	{ NULL, NULL }
};

#define THING(variable, name_, options, ...) \
	static const lunatik_class_t variable = { \
		.name = name_, .methods = thing_methods, .release = thing_release, .opt = options, __VA_ARGS__ \
	}

/* These two have the library's name, so that lunatik_cloneobject() finds it. */
THING(thing_class, "capi", LUNATIK_OPT_MONITOR);
THING(hard_class, "capi", LUNATIK_OPT_HARDIRQ | LUNATIK_OPT_MONITOR);
THING(plain_class, "plain", LUNATIK_OPT_NONE);
THING(soft_class, "soft", LUNATIK_OPT_SOFTIRQ);
THING(stopping_class, "stopping", LUNATIK_OPT_MONITOR, .stop = thing_stop);
THING(dual_process_class, "dual", LUNATIK_OPT_SINGLE);
THING(dual_hard_class, "dual", LUNATIK_OPT_SINGLE | LUNATIK_OPT_HARDIRQ);
THING(external_class, "external", LUNATIK_OPT_EXTERNAL);
THING(stranger_class, "stranger", LUNATIK_OPT_NONE);

static lunatik_object_t *thing_new(lua_State *L, const lunatik_class_t *class, lunatik_opt_t opt, lua_Integer value)
{
	lunatik_object_t *object = lunatik_newobject(L, class, sizeof(struct thing), opt);
	struct thing *thing = object->private;

	if (memchr_inv(thing, 0, sizeof(*thing)))
		luaL_error(L, "private data is not zeroed");
	if (object->opt != (opt | class->opt))
		luaL_error(L, "wrong options");
	memset(thing->bytes, 0xa5, sizeof(thing->bytes));
	thing->value = value;
	return object;
}

#define CONSTRUCTOR(name, class, opt) \
	static int name(lua_State *L) \
	{ \
		thing_new(L, &class, opt, luaL_optinteger(L, 1, 0)); \
		return 1; \
	}

CONSTRUCTOR(new_thing, thing_class, LUNATIK_OPT_NONE)
CONSTRUCTOR(new_single, thing_class, LUNATIK_OPT_SINGLE)
CONSTRUCTOR(new_monitored, plain_class, LUNATIK_OPT_MONITOR)
CONSTRUCTOR(new_plain, plain_class, LUNATIK_OPT_NONE)
CONSTRUCTOR(new_soft, soft_class, LUNATIK_OPT_NONE)
CONSTRUCTOR(new_hard, hard_class, LUNATIK_OPT_NONE)
CONSTRUCTOR(new_stopping, stopping_class, LUNATIK_OPT_NONE)
CONSTRUCTOR(new_stranger, stranger_class, LUNATIK_OPT_NONE)

static int new_dual(lua_State *L)
{
	lunatik_checkruntime(L, LUNATIK_OPT_NONE);
	thing_new(L, &dual_process_class, LUNATIK_OPT_NONE, luaL_optinteger(L, 1, 0));
	return 1;
}

static int new_dual_hard(lua_State *L)
{
	lunatik_checkruntime(L, LUNATIK_OPT_HARDIRQ);
	thing_new(L, &dual_hard_class, LUNATIK_OPT_NONE, luaL_optinteger(L, 1, 0));
	return 1;
}

static struct thing outside = { .value = 99 };

static int new_external(lua_State *L)
{
	bool missing = lua_toboolean(L, 1);
	lunatik_object_t *object = lunatik_newobject(L, &external_class, sizeof(struct thing), LUNATIK_OPT_NONE);

	if (object->private)
		luaL_error(L, "private data of an external object");
	if (!missing)
		object->private = &outside;
	return 1;
}

static lunatik_object_t *shared, *shared_single;

static int get_shared(lua_State *L)
{
	lunatik_cloneobject(L, shared);
	return 1;
}

static int get_shared_single(lua_State *L)
{
	lunatik_cloneobject(L, shared_single);
	return 1;
}

static int exact(lua_State *L)
{
	struct thing *thing = lunatik_checkclass(L, 1, &plain_class);

	lua_pushinteger(L, thing->value);
	return 1;
}

static int value_of(lua_State *L)
{
	lua_pushinteger(L, thing_check(L, 1)->value);
	return 1;
}

static int any_object(lua_State *L)
{
	lua_pushboolean(L, lunatik_toobject(L, 1) == lunatik_checkobject(L, 1));
	return 1;
}

static int is_object(lua_State *L)
{
	lua_pushboolean(L, lunatik_toobject(L, 1) != NULL);
	return 1;
}

static int ready(lua_State *L)
{
	lua_pushboolean(L, lunatik_isready(L));
	return 1;
}

static int check_runtime(lua_State *L)
{
	lua_pushboolean(L, lunatik_checkruntime(L, luaL_checkinteger(L, 1)) == lunatik_toruntime(L));
	return 1;
}

static int l_handle(lua_State *L, lua_State *from, int function)
{
	lua_pushvalue(from, function);
	lua_xmove(from, L, 1);
	lua_call(L, 0, 1);
	return lua_tointeger(L, -1);
}

static int handle(lua_State *L)
{
	int ret;

	lunatik_handle(lunatik_toruntime(L), l_handle, ret, L, 1);
	lua_pushinteger(L, ret);
	return 1;
}

static int result(int value)
{
	return value;
}

static int throw(lua_State *L)
{
	lunatik_throw(L, luaL_checkinteger(L, 1));
	return 0;
}

static int try(lua_State *L)
{
	lunatik_try(L, result, luaL_checkinteger(L, 1));
	return 0;
}

static int tryret(lua_State *L)
{
	int ret;

	lunatik_tryret(L, ret, result, luaL_checkinteger(L, 1));
	lua_pushinteger(L, ret);
	return 1;
}

static int count_released(lua_State *L)
{
	lua_pushinteger(L, capi_released());
	return 1;
}

static int count_stopped(lua_State *L)
{
	lua_pushinteger(L, capi_stopped());
	return 1;
}

static const luaL_Reg capi_lib[] = {
	{ "thing", new_thing },
	{ "single", new_single },
	{ "monitored", new_monitored },
	{ "plain", new_plain },
	{ "soft", new_soft },
	{ "hard", new_hard },
	{ "stopping", new_stopping },
	{ "stranger", new_stranger },
	{ "dual", new_dual },
	{ "dual_hard", new_dual_hard },
	{ "external", new_external },
	{ "shared", get_shared },
	{ "shared_single", get_shared_single },
	{ "exact", exact },
	{ "value", value_of },
	{ "any_object", any_object },
	{ "is_object", is_object },
	{ "ready", ready },
	{ "check_runtime", check_runtime },
	{ "handle", handle },
	{ "throw", throw },
	{ "try", try },
	{ "tryret", tryret },
	{ "released", count_released },
	{ "stopped", count_stopped },
	{ NULL, NULL }
};

LUNATIK_CLASSES(capi, &thing_class, &hard_class, &plain_class, &soft_class, &stopping_class, &dual_process_class,
		&dual_hard_class, &external_class);
LUNATIK_NEWLIB(capi, capi_lib, luacapi_classes);

/* A library without classes. */
static const luaL_Reg capifunctions_lib[] = {
	{ "twice", tryret },
	{ "value", value_of },
	{ NULL, NULL }
};
LUNATIK_NEWLIB(capifunctions, capifunctions_lib, NULL);

/* ---- objects ---- */

static int l_clone(lua_State *L, lunatik_object_t *object, const char *name)
{
	lunatik_cloneobject(L, object);
	if (lunatik_toobject(L, -1) != object || lunatik_checkobject(L, -1) != object)
		return -EBADE;
	lua_setglobal(L, name);
	return 0;
}

static int clone(lunatik_object_t *runtime, lunatik_object_t *object)
{
	int ret;

	lunatik_run(runtime, l_clone, ret, object, "object");
	return ret;
}

static int l_new(lua_State *L, const lunatik_class_t *class)
{
	lunatik_newobject(L, class, 8, LUNATIK_OPT_NONE);
	return 0;
}

/* Objects that an atomic runtime lets go are released by a worker. */
static int released_since(int before, int wanted)
{
	int i;

	for (i = 0; i < 100 && capi_released() - before < wanted; i++)
		msleep(20);
	return capi_released() - before;
}

static void make(void *arg)
{
	lunatik_object_t **object = arg;

	*object = lunatik_createobject(&hard_class, sizeof(struct thing), LUNATIK_OPT_NONE);
}

static void put(void *arg)
{
	lunatik_object_t *object = arg;

	lunatik_putobject(object);
}

static void test_created(void)
{
	lunatik_object_t *object = lunatik_createobject(&thing_class, sizeof(struct thing), LUNATIK_OPT_SINGLE);
	int before = capi_released(), where;

	capi_is("created: class", object->class == &thing_class, 1);
	capi_is("created: options", object->opt, LUNATIK_OPT_MONITOR | LUNATIK_OPT_SINGLE);
	capi_is("created: private data is zeroed", !memchr_inv(object->private, 0, sizeof(struct thing)), 1);
	lunatik_getobject(object);
	capi_is("one of two references", lunatik_putobject(object), 0);
	capi_is("keeps it", capi_released() - before, 0);
	capi_is("the last reference", lunatik_putobject(object), 1);
	capi_is("releases it", capi_released() - before, 1);
	capi_is("an object of any size but that", !lunatik_createobject(&thing_class, SIZE_MAX - 8, LUNATIK_OPT_NONE), 1);

	object = lunatik_createobject(&external_class, sizeof(struct thing), LUNATIK_OPT_NONE);
	capi_is("created: external", !object->private, 1);
	object->private = &outside;
	capi_is("external: released", lunatik_putobject(object), 1);
	capi_is("external: private data is left alone", outside.value, 99);

	before = capi_released();
	for (where = 0; where < WHERE_MAX; where++) {
		object = NULL;
		capi_in(where, make, &object);
		capi_is("created in any context", !!object, 1);
		if (object)
			capi_in(where, put, object);
	}
	capi_is("and released, each once", released_since(before, WHERE_MAX), WHERE_MAX);
	capi_is("where that may sleep", atomic_read(&atomic_releases), 0);
}

void test_objects(void)
{
	lunatik_object_t *a = capi_start("test/capi/empty", LUNATIK_OPT_NONE);
	lunatik_object_t *b = capi_start("test/capi/empty", LUNATIK_OPT_NONE);
	lunatik_object_t *soft = capi_start("test/capi/counter", LUNATIK_OPT_SOFTIRQ);
	lunatik_object_t *object, *hard, *single, *stranger;
	struct thing *thing;
	int before, ret;

	test_created();
	if (!a || !b || !soft)
		return;
	object = lunatik_createobject(&thing_class, sizeof(struct thing), LUNATIK_OPT_NONE);
	hard = lunatik_createobject(&hard_class, sizeof(struct thing), LUNATIK_OPT_NONE);
	single = lunatik_createobject(&thing_class, sizeof(struct thing), LUNATIK_OPT_SINGLE);
	stranger = lunatik_createobject(&stranger_class, sizeof(struct thing), LUNATIK_OPT_NONE);
	thing = object->private;

	capi_is("cloned into a runtime that has not required the library", clone(a, object), 0);
	capi_is("and into another", clone(b, object), 0);
	capi_eval(a, "object:set(5)");
	capi_is("both have the same object", capi_eval(b, "return object:get()"), 5);
	capi_is("which is this one", thing->value, 5);
	capi_is("its methods know their class", capi_eval(b, "return pcall(object.get, require('capi').hard(1)) and 1 or 0"), 0);
	capi_is("two values of one object are not the same value", capi_eval(a, "first = object return 0"), 0);
	clone(a, object);
	capi_is("but the same object", capi_eval(a, "return first ~= object and first:get() == object:get() and 1 or 0"), 1);
	capi_is("a single object cannot be cloned", clone(a, single), -ECANCELED);
	capi_is("nor one whose class no library has", clone(a, stranger), -ECANCELED);
	lunatik_run(a, l_new, ret, &stranger_class);
	capi_is("nor can such an object be made", ret, -ECANCELED);
	capi_is("a process object in a softirq runtime", clone(soft, object), -ECANCELED);
	capi_is("a hardirq object in a softirq runtime that has not required the library", clone(soft, hard), 0);
	capi_is("and in a process runtime", clone(b, hard), 0);
	lunatik_run(soft, l_new, ret, &thing_class);
	capi_is("a process object made in a softirq runtime", ret, -ECANCELED);

	capi_eval(b, "collectgarbage() collectgarbage() return 0");
	before = capi_released();
	capi_is("references of handles", lunatik_putobject(hard), 0);
	capi_eval(b, "object = nil collectgarbage() collectgarbage()");
	capi_is("the last handle but one", capi_released() - before, 0);
	lunatik_stop(soft);
	capi_is("the last handle", released_since(before, 1), 1);
	capi_is("the object that all handles but C's reference have left", lunatik_stop(a), 1);
	capi_is("is there", thing->value, 5);
	capi_is("and goes with it", lunatik_putobject(object), 1);
	lunatik_putobject(single);
	lunatik_putobject(stranger);
	capi_is("lunatik_stop", lunatik_stop(b), 1);

	a = capi_start("test/capi/empty", LUNATIK_OPT_NONE);
	before = capi_stopped();
	object = lunatik_createobject(&stopping_class, sizeof(struct thing), LUNATIK_OPT_NONE);
	capi_eval(a, "require('capi') return 0");
	clone(a, object);
	capi_eval(a, "object = nil collectgarbage() collectgarbage()");
	capi_is("the last handle calls stop", capi_stopped() - before, 1);
	clone(a, object);
	capi_is("and closes the object", capi_eval(a, "local ok, why = pcall(object.get, object) return why == 'EBADF' and 1 or 0"), 1);
	lunatik_putobject(object);

	object = lunatik_createobject(&stopping_class, sizeof(struct thing), LUNATIK_OPT_NONE);
	lunatik_holdobject(object);
	clone(a, object);
	capi_eval(a, "object = nil collectgarbage() collectgarbage()");
	capi_is("unless its owner has a handle too", capi_stopped() - before, 1);
	lunatik_dropobject(object);
	capi_is("which stops it when it goes", capi_stopped() - before, 2);
	lunatik_putobject(object);
	lunatik_stop(a);
}

/* ---- the registry ---- */

struct hook {
	lunatik_object_t *object;
	lunatik_object_t *thing;
};

static lunatik_object_t *new_attached(lua_State *L, lua_Integer value)
{
	return thing_new(L, &thing_class, LUNATIK_OPT_SINGLE, value);
}

static lunatik_object_t *new_failing(lua_State *L)
{
	luaL_error(L, "no object");
	return NULL;
}

static int l_attach(lua_State *L, struct hook *hook)
{
	int top = lua_gettop(L);

	lunatik_attach(L, hook, thing, new_attached, 5);
	return lua_gettop(L) - top;
}

static int l_attach_failing(lua_State *L, struct hook *hook)
{
	lunatik_attach(L, hook, thing, new_failing);
	return 0;
}

static int l_collect(lua_State *L, struct hook *unused)
{
	lua_gc(L, LUA_GCCOLLECT);
	lua_gc(L, LUA_GCCOLLECT);
	return 0;
}

static int l_attached(lua_State *L, struct hook *hook)
{
	if (lunatik_getregistry(L, hook->thing) != LUA_TUSERDATA)
		return -ENOENT;
	return lunatik_toobject(L, -1) == hook->thing && lunatik_checkobject(L, -1) == hook->thing;
}

static int l_detach(lua_State *L, struct hook *hook)
{
	lunatik_detach(lunatik_toruntime(L), hook, thing);
	return !hook->thing;
}

static int l_register(lua_State *L, struct hook *hook)
{
	lua_newtable(L);
	lua_pushinteger(L, 7);
	lua_setfield(L, -2, "seven");
	hook->object = thing_new(L, &plain_class, LUNATIK_OPT_NONE, 1);
	lunatik_registerobject(L, -2, hook->object);
	return lua_gettop(L);
}

static int l_registered(lua_State *L, struct hook *hook)
{
	if (lunatik_getregistry(L, hook->object) != LUA_TUSERDATA || lunatik_toobject(L, -1) != hook->object)
		return -ENOENT;
	if (lunatik_getregistry(L, hook->object->private) != LUA_TTABLE)
		return -ENOKEY;
	lua_getfield(L, -1, "seven");
	return lua_tointeger(L, -1);
}

static int l_unregister(lua_State *L, struct hook *hook)
{
	lunatik_unregisterobject(L, hook->object);
	return lunatik_getregistry(L, hook->object);
}

static int l_reregister(lua_State *L, struct hook *hook)
{
	lua_pushinteger(L, 3);
	lunatik_registerobject(L, 1, hook->object);
	return lua_gettop(L);
}

static int run(lunatik_object_t *runtime, int (*handler)(lua_State *L, struct hook *hook), struct hook *hook)
{
	int ret;

	lunatik_run(runtime, handler, ret, hook);
	return ret;
}

void test_registry(void)
{
	lunatik_object_t *runtime = capi_start("test/capi/objects", LUNATIK_OPT_NONE);
	lunatik_object_t *object;
	struct hook hook = { };
	int before = capi_released();

	if (!runtime)
		return;
	capi_is("lunatik_attach leaves the stack as it was", run(runtime, l_attach, &hook), 0);
	run(runtime, l_collect, &hook);
	capi_is("what is attached is not collected", capi_released() - before, 0);
	capi_is("lunatik_getregistry", run(runtime, l_attached, &hook), 1);
	capi_is("lunatik_detach from inside", run(runtime, l_detach, &hook), 1);
	run(runtime, l_collect, &hook);
	capi_is("what is detached is collected", capi_released() - before, 1);
	capi_is("lunatik_attach of what cannot be made", run(runtime, l_attach_failing, &hook), -ECANCELED);
	capi_is("leaves the field alone", !hook.thing, 1);
	lunatik_detach(runtime, &hook, thing);

	run(runtime, l_attach, &hook);
	lunatik_detach(runtime, &hook, thing);
	capi_is("lunatik_detach from outside", !hook.thing, 1);
	run(runtime, l_collect, &hook);
	capi_is("what is detached is collected", capi_released() - before, 2);

	capi_is("lunatik_registerobject leaves the stack as it was", run(runtime, l_register, &hook), 2);
	run(runtime, l_collect, &hook);
	capi_is("what is registered is not collected", capi_released() - before, 2);
	capi_is("its private data leads to the value given", run(runtime, l_registered, &hook), 7);
	capi_is("lunatik_unregisterobject", run(runtime, l_unregister, &hook), LUA_TNIL);
	run(runtime, l_collect, &hook);
	capi_is("what is not registered any more is collected", capi_released() - before, 3);

	object = lunatik_createobject(&thing_class, sizeof(struct thing), LUNATIK_OPT_NONE);
	hook.object = object;
	capi_is("an object that is not on the stack is registered too", run(runtime, l_reregister, &hook), 1);
	capi_is("with a handle of its own", lunatik_putobject(object), 0);

	run(runtime, l_attach, &hook);
	lunatik_getobject(runtime);
	capi_is("lunatik_stop", lunatik_stop(runtime), 0);
	capi_is("releases what is attached", released_since(before, 5), 5);
	lunatik_detach(runtime, &hook, thing);
	capi_is("lunatik_detach after that", !hook.thing, 1);
	lunatik_putobject(runtime);
}

/* ---- fields ---- */

struct fields {
	u8 small;
	int number;
	u64 big;
	s64 signed_big;
	bool flag;
	char name[8];
	char after;
};

static int l_fields(lua_State *L, const char *table, struct fields *f, int what)
{
	l_eval(L, table);
	switch (what) {
	case 0:
		lunatik_setinteger(L, -1, f, small);
		return f->small;
	case 1:
		lunatik_setinteger(L, -1, f, number);
		return f->number == -5;
	case 2:
		lunatik_setinteger(L, -1, f, big);
		return f->big == U64_MAX;
	case 3:
		lunatik_setinteger(L, 1, f, signed_big);
		return f->signed_big == S64_MIN;
	case 4:
		lunatik_optinteger(L, -1, f, small, 77);
		return f->small;
	case 5:
		lunatik_setinteger(L, -1, f, flag);
		return f->flag;
	default:
		f->after = 1;
		lunatik_setstring(L, -1, f, name, sizeof(f->name));
		return strlen(f->name);
	}
}

void test_fields(void)
{
	static const struct {
		const char *name, *table;
		int what, wanted;
	} cases[] = {
		{ "an integer field", "return { small = 200 }", 0, 200 },
		{ "a number in a string", "return { small = '12' }", 0, 12 },
		{ "an integer field that is too large", "return { small = 256 }", 0, -ECANCELED },
		{ "an integer field that is too small", "return { small = -1 }", 0, -ECANCELED },
		{ "an integer field that is missing", "return {}", 0, -ECANCELED },
		{ "an integer field that is a table", "return { small = {} }", 0, -ECANCELED },
		{ "a field of what is no table", "return 5", 0, -ECANCELED },
		{ "a negative integer field", "return { number = -5 }", 1, 1 },
		{ "an integer field of more than 32 bits", "return { number = 1 << 40 }", 1, -ECANCELED },
		{ "an unsigned field of 64 bits", "return { big = -1 }", 2, 1 },
		{ "the least integer", "return { signed_big = math.mininteger }", 3, 1 },
		{ "an optional field", "return { small = 5 }", 4, 5 },
		{ "an optional field that is missing", "return {}", 4, 77 },
		{ "an optional field that is no integer", "return { small = 'x' }", 4, -ECANCELED },
		{ "an optional field that does not fit", "return { small = 300 }", 4, -ECANCELED },
		{ "a flag", "return { flag = 1 }", 5, 1 },
		{ "a flag that is none", "return { flag = 2 }", 5, -ECANCELED },
		{ "a string field", "return { name = 'abc' }", 6, 3 },
		{ "an empty string field", "return { name = '' }", 6, 0 },
		{ "a string field that is too long", "return { name = 'abcdefghij' }", 6, 7 },
		{ "a string field that is a number", "return { name = 5 }", 6, -ECANCELED },
		{ "a string field that is missing", "return {}", 6, -ECANCELED },
		{ "a field whose access raises", "return setmetatable({}, { __index = function() error('no') end })", 6, -ECANCELED },
	};
	lunatik_object_t *runtime = capi_start("test/capi/empty", LUNATIK_OPT_NONE);
	int i, ret;

	if (!runtime)
		return;
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		struct fields f = { };

		lunatik_run(runtime, l_fields, ret, cases[i].table, &f, cases[i].what);
		capi_is(cases[i].name, ret, cases[i].wanted);
		if (cases[i].what == 6 && ret >= 0)
			capi_is("nothing behind it is written", f.after, 1);
	}
	lunatik_stop(runtime);
}

/* ---- memory ---- */

static int l_memory(lua_State *L)
{
	char *block = lunatik_malloc(L, 10), *moved;

	if (!block)
		return 1;
	memset(block, 7, 10);
	moved = lunatik_realloc(L, block, 100000);
	if (!moved || memchr_inv(moved, 7, 10))
		return 2;
	block = lunatik_realloc(L, moved, 5);
	if (!block || memchr_inv(block, 7, 5))
		return 3;
	if (lunatik_realloc(L, block, 1UL << 40) || lunatik_malloc(L, 1UL << 40) || lunatik_malloc(L, SIZE_MAX))
		return 4;
	if (memchr_inv(block, 7, 5))
		return 5;
	if (lunatik_realloc(L, block, 0))
		return 6;
	block = lunatik_realloc(L, NULL, 16);
	if (!block)
		return 7;
	lunatik_free(block);
	lunatik_free(NULL);
	lunatik_free(lunatik_malloc(L, 0));
	lunatik_free(kmalloc(16, GFP_ATOMIC));
	kfree(lunatik_malloc(L, 16));
	return 0;
}

void test_memory(void)
{
	lunatik_opt_t opt;
	int ret;

	for (opt = LUNATIK_OPT_NONE; opt <= LUNATIK_OPT_HARDIRQ; opt++) {
		lunatik_object_t *runtime = capi_start("test/capi/empty", opt);

		if (!runtime)
			return;
		lunatik_run(runtime, l_memory, ret);
		capi_is("lunatik_malloc, lunatik_realloc and lunatik_free", ret, 0);
		lunatik_stop(runtime);
	}
}

int classes_init(void)
{
	shared = lunatik_createobject(&thing_class, sizeof(struct thing), LUNATIK_OPT_NONE);
	shared_single = lunatik_createobject(&thing_class, sizeof(struct thing), LUNATIK_OPT_SINGLE);
	if (shared && shared_single)
		return 0;
	classes_exit();
	return -ENOMEM;
}

void classes_exit(void)
{
	if (shared)
		lunatik_putobject(shared);
	if (shared_single)
		lunatik_putobject(shared_single);
}

/* cxx.cpp has a library of its own. */
int luaopen_capicxx(lua_State *L);
EXPORT_SYMBOL_GPL(luaopen_capicxx);
static int (*const open_capicxx[])(lua_State *) __used = { luaopen_capicxx };
MODULE_ALIAS("lunatik:capicxx");
