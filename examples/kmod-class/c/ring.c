// SPDX-License-Identifier: MIT OR GPL-2.0-only
/*
 * A library of two classes in C: ring, a bounded queue of integers, and ticker, which calls a function again and again.
 * Nothing of Lunatik's own tree knows it: require("ring") finds this module by its alias. ring.lua uses all of it.
 *
 *	make -C /lib/modules/$(uname -r)/build M=$PWD modules
 *	sudo install -D lunatik_ring.ko -t /lib/modules/$(uname -r)/updates/ && sudo depmod
 *	sudo lunatik run ./ring.lua
 */
#include <linux/ktime.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/workqueue.h>
#include <lunatik.h>

#define RING_MAX 65536

/* ---- ring ---- */

struct ring {
	char name[16];
	u32 size, first, count;
	lua_Integer *values;	/* lunatik_malloc() */
};

static int ring_add(struct ring *ring, lua_Integer value)
{
	if (ring->count == ring->size)
		return -ENOSPC;
	ring->values[(ring->first + ring->count++) % ring->size] = value;
	return 0;
}

static int ring_take(struct ring *ring, lua_Integer *value)
{
	if (!ring->count)
		return -ENODATA;
	*value = ring->values[ring->first];
	ring->first = (ring->first + 1) % ring->size;
	return --ring->count;
}

/* The last reference is gone. */
static void ring_release(void *private)
{
	struct ring *ring = private;

	lunatik_free(ring->values);
}

/* Raises for what is no ring of this library, or closed. What stands behind the type runs after that. */
LUNATIK_PRIVATECHECKER(ring_check, struct ring *,
	if (!private->values)
		lunatik_throw(L, -EBADF);
);

/* r:push(value): raises "ENOSPC" when it is full. */
static int ring_push(lua_State *L)
{
	struct ring *ring = ring_check(L, 1);

	lunatik_try(L, ring_add, ring, luaL_checkinteger(L, 2));
	return 0;
}

/* r:pop() -> value, values left: raises "ENODATA" when it is empty. */
static int ring_pop(lua_State *L)
{
	struct ring *ring = ring_check(L, 1);
	lua_Integer value;
	int left;

	lunatik_tryret(L, left, ring_take, ring, &value);
	lua_pushinteger(L, value);
	lua_pushinteger(L, left);
	return 2;
}

/* r:resize(size): forgets what it holds. */
static int ring_resize(lua_State *L)
{
	struct ring *ring = ring_check(L, 1);
	lua_Integer size = luaL_checkinteger(L, 2);
	void *values;

	luaL_argcheck(L, size > 0 && size <= RING_MAX, 2, "out of range");
	values = lunatik_realloc(L, ring->values, size * sizeof(*ring->values));
	if (!values)
		lunatik_throw(L, -ENOMEM);
	ring->values = values;
	ring->size = size;
	ring->first = ring->count = 0;
	return 0;
}

static int ring_length(lua_State *L)
{
	lua_pushinteger(L, ring_check(L, 1)->count);
	return 1;
}

static int ring_name(lua_State *L)
{
	lua_pushstring(L, ring_check(L, 1)->name);
	return 1;
}

static const luaL_Reg ring_methods[] = {
	{ "push", ring_push },
	{ "pop", ring_pop },
	{ "resize", ring_resize },
	{ "name", ring_name },
	{ "close", lunatik_closeobject },
	{ "__len", ring_length },
	{ NULL, NULL }
};

/* Monitored: methods take the object's lock, for rings that several runtimes share. */
static const lunatik_class_t ring_class = {
	.name = "ring",
	.methods = ring_methods,
	.release = ring_release,
	.opt = LUNATIK_OPT_MONITOR,
};

/* Pushes a ring and returns its object. What the options in the table at index 1 say is wrong with them is raised. */
static lunatik_object_t *ring_make(lua_State *L, const char *name, u32 size, lunatik_opt_t opt)
{
	lunatik_object_t *object = lunatik_newobject(L, &ring_class, sizeof(struct ring), opt);
	struct ring *ring = object->private;

	ring->values = lunatik_malloc(L, size * sizeof(*ring->values));
	if (!ring->values)
		lunatik_throw(L, -ENOMEM); /* the object is Lua's by now: it is released when it is collected */
	strscpy(ring->name, name, sizeof(ring->name));
	ring->size = size;
	return object;
}

static int ring_from_table(lua_State *L, lunatik_opt_t opt)
{
	struct ring options;

	luaL_checktype(L, 1, LUA_TTABLE);
	lunatik_setstring(L, 1, &options, name, sizeof(options.name));
	lunatik_optinteger(L, 1, &options, size, 16);
	luaL_argcheck(L, options.size > 0 && options.size <= RING_MAX, 1, "size is out of range");
	ring_make(L, options.name, options.size, opt);
	return 1;
}

/* ring.new{name =, size = 16}: may be shared between runtimes. */
static int ring_new(lua_State *L)
{
	return ring_from_table(L, LUNATIK_OPT_NONE);
}

/* ring.private{name =, size = 16}: never leaves its runtime, and so needs no lock. */
static int ring_private(lua_State *L)
{
	return ring_from_table(L, LUNATIK_OPT_SINGLE);
}

static lunatik_object_t *ring_common;

/* ring.common(): the one ring that this module makes itself; the same in every runtime. */
static int ring_get_common(lua_State *L)
{
	lunatik_cloneobject(L, ring_common);
	return 1;
}

/* ---- ticker ---- */

struct ticker {
	struct delayed_work work;
	u32 period;			/* milliseconds */
	bool stopped;
	lunatik_object_t *object;	/* itself */
	lunatik_object_t *runtime;	/* a reference */
	lunatik_object_t *times;	/* a ring, made once for all calls */
};

static struct workqueue_struct *queue;

LUNATIK_OBJECTCHECKER(ticker_check, struct ticker *);

/* Runs inside the runtime, in process context: options.tick(times). */
static int ticker_call(lua_State *L, struct ticker *ticker)
{
	struct ring *times = ticker->times->private;

	times->first = times->count = 0;
	ring_add(times, ktime_get_ns());
	if (lunatik_getregistry(L, ticker) != LUA_TTABLE)
		return -ENXIO;
	lua_getfield(L, -1, "tick");
	lunatik_getregistry(L, ticker->times);
	lua_call(L, 1, 0);	/* what it raises, lunatik_run() logs */
	return 0;
}

static void ticker_work(struct work_struct *work)
{
	struct ticker *ticker = container_of(to_delayed_work(work), struct ticker, work);
	int ret = -ENXIO;

	if (!READ_ONCE(ticker->stopped))
		lunatik_run(ticker->runtime, ticker_call, ret, ticker);
	/* The object's reference goes on with the next call, or ends here. */
	if (ret == -ENXIO || READ_ONCE(ticker->stopped) ||
	    !queue_delayed_work(queue, &ticker->work, msecs_to_jiffies(ticker->period)))
		lunatik_putobject(ticker->object);
}

/*
 * Whoever stops it may be inside the runtime, where the work wants to go: so this does not wait for the work. That has a
 * reference of its own and sees for itself.
 */
static void ticker_stop(void *private)
{
	struct ticker *ticker = private;

	WRITE_ONCE(ticker->stopped, true);
	if (cancel_delayed_work(&ticker->work))
		lunatik_putobject(ticker->object);
	lunatik_detach(ticker->runtime, ticker, times);
}

static void ticker_release(void *private)
{
	struct ticker *ticker = private;

	if (ticker->runtime)
		lunatik_putobject(ticker->runtime);
}

/* t:stop() */
static int ticker_close(lua_State *L)
{
	struct ticker *ticker = ticker_check(L, 1);

	lunatik_closeobject(L);
	lunatik_unregisterobject(L, ticker->object);
	return 0;
}

static const luaL_Reg ticker_methods[] = {
	{ "stop", ticker_close },
	{ NULL, NULL }
};

static const lunatik_class_t ticker_class = {
	.name = "ticker",
	.methods = ticker_methods,
	.release = ticker_release,
	.stop = ticker_stop,
	.opt = LUNATIK_OPT_SINGLE,
};

static lunatik_object_t *ticker_times(lua_State *L)
{
	return ring_make(L, "times", 1, LUNATIK_OPT_SINGLE);
}

/* ring.ticker{period = ms, tick = function(times) ... end} */
static int ticker_new(lua_State *L)
{
	lunatik_object_t *runtime = lunatik_checkruntime(L, LUNATIK_OPT_NONE);
	lunatik_object_t *object;
	struct ticker *ticker;

	luaL_checktype(L, 1, LUA_TTABLE);
	object = lunatik_newobject(L, &ticker_class, sizeof(*ticker), LUNATIK_OPT_NONE);
	ticker = object->private;
	/* Its stop may be called from here on: nothing that raises comes before this is complete. */
	INIT_DELAYED_WORK(&ticker->work, ticker_work);
	ticker->object = object;
	ticker->runtime = runtime;
	lunatik_getobject(runtime);

	lunatik_setinteger(L, 1, ticker, period);
	lunatik_attach(L, ticker, times, ticker_times);
	lunatik_registerobject(L, 1, object);
	lunatik_getobject(object);
	queue_delayed_work(queue, &ticker->work, msecs_to_jiffies(ticker->period));
	return 1;
}

/* ---- the library ---- */

static const luaL_Reg ring_lib[] = {
	{ "new", ring_new },
	{ "private", ring_private },
	{ "common", ring_get_common },
	{ "ticker", ticker_new },
	{ NULL, NULL }
};

LUNATIK_CLASSES(ring, &ring_class, &ticker_class);
LUNATIK_NEWLIB(ring, ring_lib, luaring_classes);

static int __init ring_init(void)
{
	struct ring *ring;

	queue = alloc_workqueue("lunatik_ring", WQ_UNBOUND, 0);
	if (!queue)
		return -ENOMEM;
	ring_common = lunatik_createobject(&ring_class, sizeof(*ring), LUNATIK_OPT_NONE);
	if (!ring_common)
		goto destroy;
	ring = ring_common->private;
	strscpy(ring->name, "common", sizeof(ring->name));
	ring->size = 64;
	ring->values = kmalloc_array(ring->size, sizeof(*ring->values), GFP_KERNEL);
	if (!ring->values)
		goto put;
	return 0;

put:
	lunatik_putobject(ring_common);
destroy:
	destroy_workqueue(queue);
	return -ENOMEM;
}

static void __exit ring_exit(void)
{
	lunatik_putobject(ring_common);
	/* The last instructions of a work that has put its object run here. */
	destroy_workqueue(queue);
}

module_init(ring_init);
module_exit(ring_exit);
MODULE_LICENSE("Dual MIT/GPL");
MODULE_DESCRIPTION("Lua library: bounded queues of integers, and functions called again and again");
