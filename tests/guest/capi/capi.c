// SPDX-License-Identifier: MIT OR GPL-2.0-only
/*
 * The C API as other modules use it: each file below /sys/kernel/debug/lunatik_capi runs a group of tests when it is read
 * and gives a line "ok - name" or "not ok - name: ..." for each.
 */
#include <linux/completion.h>
#include <linux/debugfs.h>
#include <linux/delay.h>
#include <linux/hrtimer.h>
#include <linux/interrupt.h>
#include <linux/kthread.h>
#include <linux/ktime.h>
#include <linux/module.h>
#include <linux/sched/signal.h>
#include <linux/seq_file.h>
#include <linux/spinlock.h>
#include <linux/timer.h>
#include <lunatik/states.h>
#include <net/net_namespace.h>
#include "capi.h"

static DEFINE_MUTEX(running);
static struct seq_file *out;

void capi_is(const char *name, long long got, long long wanted)
{
	if (got == wanted)
		seq_printf(out, "ok - %s\n", name);
	else
		seq_printf(out, "not ok - %s: got %lld, wanted %lld\n", name, got, wanted);
}

/* ---- handlers ---- */

int l_eval(lua_State *L, const char *code)
{
	if (luaL_loadbufferx(L, code, strlen(code), "=eval", "t") != LUA_OK)
		lua_error(L);
	lua_call(L, 0, 1);
	return lua_tointeger(L, -1);
}

int l_call(lua_State *L, const char *name)
{
	lua_getglobal(L, name);
	lua_call(L, 0, 1);
	return lua_tointeger(L, -1);
}

static int l_top(lua_State *L)
{
	return lua_gettop(L);
}

lunatik_object_t *capi_start(const char *script, lunatik_opt_t opt)
{
	lunatik_object_t *runtime = NULL;

	capi_is(script, lunatik_runtimeopt(&runtime, script, opt), 0);
	return runtime;
}

int capi_eval(lunatik_object_t *runtime, const char *code)
{
	int ret;

	lunatik_run(runtime, l_eval, ret, code);
	return ret;
}

static int call(lunatik_object_t *runtime, const char *name)
{
	int ret;

	lunatik_run(runtime, l_call, ret, name);
	return ret;
}

/* ---- contexts ---- */

struct anywhere {
	void (*f)(void *);
	void *arg;
	struct timer_list timer;
	struct hrtimer hard;
	struct completion done;
};

static void from_timer_(struct timer_list *timer)
{
	struct anywhere *a = container_of(timer, struct anywhere, timer);

	a->f(a->arg);
	complete(&a->done);
}

static enum hrtimer_restart from_hrtimer(struct hrtimer *timer)
{
	struct anywhere *a = container_of(timer, struct anywhere, hard);

	a->f(a->arg);
	complete(&a->done);
	return HRTIMER_NORESTART;
}

void capi_in(enum where where, void (*f)(void *), void *arg)
{
	static DEFINE_SPINLOCK(lock);
	struct anywhere a = { .f = f, .arg = arg };

	init_completion(&a.done);
	switch (where) {
	case PROCESS:
		f(arg);
		break;
	case SOFTIRQ:
		timer_setup_on_stack(&a.timer, from_timer_, 0);
		mod_timer(&a.timer, jiffies + 1);
		wait_for_completion(&a.done);
		del_timer_sync(&a.timer);
		destroy_timer_on_stack(&a.timer);
		break;
	case HARDIRQ:
		hrtimer_init_on_stack(&a.hard, CLOCK_MONOTONIC, HRTIMER_MODE_REL_HARD);
		a.hard.function = from_hrtimer;
		hrtimer_start(&a.hard, ms_to_ktime(1), HRTIMER_MODE_REL_HARD);
		wait_for_completion(&a.done);
		hrtimer_cancel(&a.hard);
		destroy_hrtimer_on_stack(&a.hard);
		break;
	case IRQS_OFF:
		local_irq_disable();
		f(arg);
		local_irq_enable();
		break;
	case BH_OFF:
		local_bh_disable();
		f(arg);
		local_bh_enable();
		break;
	case SPINLOCK:
		spin_lock(&lock);
		f(arg);
		spin_unlock(&lock);
		break;
	case RCU:
		rcu_read_lock();
		f(arg);
		rcu_read_unlock();
		break;
	default:
		break;
	}
}

static const char *const where_names[] = { "process", "softirq", "hardirq", "interrupts off", "bottom halves off",
					   "a spinlock held", "RCU read side" };

struct visit {
	lunatik_object_t *runtime;
	int ret;
};

static void visit(void *arg)
{
	struct visit *v = arg;

	lunatik_run(v->runtime, l_call, v->ret, "add");
}

static void test_contexts(void)
{
	static const struct {
		const char *name;
		lunatik_opt_t opt;
		unsigned int allowed;	/* bits of enum where */
	} kinds[] = {
		{ "process", LUNATIK_OPT_NONE, BIT(PROCESS) },
		{ "softirq", LUNATIK_OPT_SOFTIRQ, BIT(PROCESS) | BIT(SOFTIRQ) | BIT(BH_OFF) | BIT(SPINLOCK) | BIT(RCU) },
		{ "hardirq", LUNATIK_OPT_HARDIRQ, BIT(WHERE_MAX) - 1 },
	};
	char name[80];
	int i, where;

	for (i = 0; i < ARRAY_SIZE(kinds); i++) {
		struct visit v = { .runtime = capi_start("test/capi/counter", kinds[i].opt) };
		int count = 0;

		if (!v.runtime)
			continue;
		for (where = 0; where < WHERE_MAX; where++) {
			bool allowed = kinds[i].allowed & BIT(where);

			/* On kernels that do not count it, a spinlock or an RCU section cannot be seen. */
			if (!allowed && where >= SPINLOCK && !IS_ENABLED(CONFIG_PREEMPT_COUNT))
				continue;
			capi_in(where, visit, &v);
			snprintf(name, sizeof(name), "a %s runtime from %s", kinds[i].name, where_names[where]);
			capi_is(name, v.ret, allowed ? ++count : -EWOULDBLOCK);
		}
		snprintf(name, sizeof(name), "a %s runtime was entered as often as it was allowed", kinds[i].name);
		capi_is(name, call(v.runtime, "get"), count);
		capi_is("lunatik_contextof", lunatik_contextof(v.runtime), i);
		capi_is("lunatik_maysleep after loading", lunatik_maysleep(v.runtime), !i);
		capi_is("an endless handler that may be stopped by the budget", i ? call(v.runtime, "loop") : -ECANCELED, -ECANCELED);
		capi_is("the runtime goes on", call(v.runtime, "get"), count);
		if (i)
			capi_is("an allocation too large", call(v.runtime, "huge"), -ECANCELED);
		capi_is("lunatik_stop", lunatik_stop(v.runtime), 1);
	}
}

/* ---- runtimes ---- */

static int l_self(lua_State *L, lunatik_object_t *runtime)
{
	return lunatik_toruntime(L) == runtime && lunatik_toruntime(lua_newthread(L)) == runtime;
}

static int l_isready(lua_State *L)
{
	return lunatik_isready(L);
}

static int l_litter(lua_State *L)
{
	int i;

	for (i = 0; i < 15; i++)
		lua_pushinteger(L, i);
	return lua_gettop(L);
}

static long long l_sum(lua_State *L, char a, short b, unsigned int c, const char *d, void *e, long long f)
{
	lua_pushstring(L, d);
	return a + b + c + lua_rawlen(L, -1) + !e + f;
}

static int l_stop(lua_State *L, lunatik_object_t *runtime)
{
	return lunatik_stop(runtime);
}

static void test_runtimes(void)
{
	static const char *const bad[] = { "test/capi/none", "test/capi/syntax", "test/capi/raises", "../counter", "/x", "" };
	lunatik_object_t *runtime = (void *)-1L;
	long long sum = 0;
	int ret, i;

	for (i = 0; i < ARRAY_SIZE(bad); i++)
		capi_is("a script that cannot be run", lunatik_runtime(&runtime, bad[i], true), -EINVAL);
	capi_is("a script that needs too much memory", lunatik_runtime(&runtime, "test/capi/bomb", true), -ENOMEM);
	capi_is("an error in a softirq script", lunatik_runtime(&runtime, "test/capi/raises", false), -EINVAL);
	capi_is("the pointer is left alone", (long)runtime, -1);

	runtime = capi_start("test/capi/counter", LUNATIK_OPT_NONE);
	if (!runtime)
		return;
	capi_is("a global that is missing raises", call(runtime, "nothing"), -ECANCELED);
	capi_is("the handler's result", call(runtime, "add"), 1);
	capi_is("state is kept", call(runtime, "add"), 2);
	lunatik_run(runtime, l_self, ret, runtime);
	capi_is("lunatik_toruntime", ret, 1);
	lunatik_run(runtime, l_isready, ret);
	capi_is("lunatik_isready after loading", ret, 1);
	lunatik_run(runtime, l_litter, ret);
	capi_is("what a handler leaves", ret, 15);
	lunatik_run(runtime, l_top, ret);
	capi_is("is dropped", ret, 0);
	lunatik_run(runtime, l_sum, sum, 1, -2, 3U, "four", NULL, 1LL << 40);
	capi_is("arguments and results of any integer type", sum, (1LL << 40) + 7);
	lunatik_run(runtime, l_stop, ret, runtime);
	capi_is("lunatik_stop from inside", ret, -EDEADLK);
	capi_is("did nothing", call(runtime, "add"), 3);

	lunatik_getobject(runtime);
	capi_is("lunatik_stop with another reference", lunatik_stop(runtime), 0);
	capi_is("lunatik_run of a stopped runtime", call(runtime, "add"), -ENXIO);
	lunatik_handle(runtime, l_top, ret);
	capi_is("lunatik_handle of a stopped runtime", ret, -ENXIO);
	capi_is("lunatik_putobject of the last reference", lunatik_putobject(runtime), 1);

	runtime = NULL;
	capi_is("lunatik_runtime, may sleep", lunatik_runtime(&runtime, "test/capi/counter", true), 0);
	capi_is("is a process runtime", lunatik_contextof(runtime), 0);
	lunatik_get(runtime);
	capi_is("lunatik_put of one of two references", lunatik_put(runtime), 0);
	capi_is("leaves it running", call(runtime, "add"), 1);
	capi_is("lunatik_putobject alone ends it", lunatik_putobject(runtime), 1);
	capi_is("lunatik_runtime, may not sleep", lunatik_runtime(&runtime, "test/capi/counter", false), 0);
	capi_is("is a softirq runtime", lunatik_contextof(runtime), 1);
	capi_is("lunatik_stop of the only reference", lunatik_stop(runtime), 1);

	runtime = capi_start("test/capi/objects", LUNATIK_OPT_NONE);
	if (!runtime)
		return;
	capi_is("lunatik_isready while loading", capi_eval(runtime, "return ready == false and 1 or 0"), 1);
	lunatik_stop(runtime);
}

/* ---- errors ---- */

static int l_raise(lua_State *L, int how)
{
	switch (how) {
	case 0:
		return luaL_error(L, "a raised error");
	case 1:
		lua_newtable(L);
		return lua_error(L);
	case 2:
		lua_pushnil(L);
		return lua_error(L);
	case 3:
		lunatik_throw(L, -EPIPE);
		return 0;
	case 4:
		return luaL_checkinteger(L, 1);
	case 5:
		lua_newuserdatauv(L, 1UL << 40, 0);
		return 0;
	case 6:
		return l_call(L, "fail");
	case 7:
		return l_call(L, "fail_deep");
	case 8:
		return lua_yield(L, 0);
	case 9:
		lua_getglobal(L, "closes_badly");
		lua_toclose(L, -1);
		return 7;
	case 10:
		lua_getglobal(L, "closes_badly");
		lua_toclose(L, -1);
		return luaL_error(L, "replaced by what closing raises");
	default:
		return l_call(L, "fail_in_coroutine");
	}
}

static int l_close(lua_State *L)
{
	lua_getglobal(L, "closes");
	lua_toclose(L, -1);
	return 8;
}

static int l_documented(lua_State *L)
{
	lua_getglobal(L, "fail");
	if (lua_pcall(L, 0, 0, 0) != LUA_OK)
		return strcmp(lua_tostring(L, -1), "on purpose") ? 0 : -ECANCELED;
	return 0;
}

static int l_reenter(lua_State *L, lunatik_object_t *runtime)
{
	int ret;

	lunatik_run(runtime, l_top, ret);
	return ret;
}

static int l_handle(lua_State *L, lunatik_object_t *runtime, int how)
{
	int ret, top;

	lua_pushinteger(L, 1);
	lua_pushinteger(L, 2);
	top = lua_gettop(L);
	if (how < 0)
		lunatik_handle(runtime, l_call, ret, "add");
	else
		lunatik_handle(runtime, l_raise, ret, how);
	if (lua_gettop(L) != top || lua_tointeger(L, -1) != 2)
		return -EBADE;
	return ret;
}

static int l_nest(lua_State *L, lunatik_object_t *runtime, int depth)
{
	int ret = 0;

	luaL_checkstack(L, 1, NULL);
	l_litter(L);
	if (depth)
		lunatik_handle(runtime, l_nest, ret, runtime, depth - 1);
	return ret + 1;
}

static void test_errors(void)
{
	lunatik_object_t *runtime = capi_start("test/capi/counter", LUNATIK_OPT_NONE);
	lunatik_object_t *other = capi_start("test/capi/counter", LUNATIK_OPT_NONE);
	int ret, i, count;
	char name[64];

	if (!runtime || !other)
		return;
	count = call(runtime, "add");
	for (i = 0; i <= 11; i++) {
		lunatik_run(runtime, l_raise, ret, i);
		snprintf(name, sizeof(name), "raised outside of a pcall, in way %d", i);
		capi_is(name, ret, -ECANCELED);
		capi_is("and the runtime goes on", call(runtime, "add"), ++count);
	}
	lunatik_run(runtime, l_close, ret);
	capi_is("a value to be closed", ret, 8);
	capi_is("is closed", capi_eval(runtime, "return closed"), 1);
	lunatik_run(runtime, l_documented, ret);
	capi_is("an error the handler catches itself", ret, -ECANCELED);
	lunatik_run(runtime, l_reenter, ret, runtime);
	capi_is("lunatik_run from inside", ret, -EDEADLK);
	lunatik_run(runtime, l_reenter, ret, other);
	capi_is("lunatik_run of another runtime from inside", ret, 0);
	lunatik_handle(runtime, l_top, ret);
	capi_is("lunatik_handle from outside", ret, -ENXIO);
	lunatik_run(runtime, l_handle, ret, other, -1);
	capi_is("lunatik_handle of another runtime", ret, -ENXIO);
	lunatik_run(runtime, l_handle, ret, runtime, -1);
	capi_is("lunatik_handle from inside", ret, ++count);
	lunatik_run(runtime, l_handle, ret, runtime, 0);
	capi_is("an error inside lunatik_handle stays there", ret, -ECANCELED);
	lunatik_run(runtime, l_nest, ret, runtime, 4);
	capi_is("lunatik_handle inside lunatik_handle", ret, 5);
	capi_is("lunatik_handle from a coroutine of the script",
		capi_eval(runtime, "return require('capi').handle(function() return 41 end) + 1"), 42);
	capi_is("and in one", capi_eval(runtime, "return coroutine.wrap(function() local t = {} for i = 1, 100 do t[i] = i end "
		"return require('capi').handle(function() return #t end, table.unpack(t)) end)()"), 100);
	capi_is("the runtime goes on", call(runtime, "get"), count);
	lunatik_stop(other);
	lunatik_stop(runtime);
}

/* ---- threads ---- */

struct worker {
	lunatik_object_t *runtime;
	const char *function;
	struct completion done;
	struct task_struct *task;
	long rounds, runs;
	int ret;
};

static int work(void *arg)
{
	struct worker *w = arg;

	allow_signal(SIGTERM);
	for (w->runs = 0; w->runs < w->rounds; w->runs++) {
		lunatik_run(w->runtime, l_call, w->ret, w->function);
		if (w->ret < 0)
			break;
	}
	if (w->runtime)
		lunatik_putobject(w->runtime);
	flush_signals(current);
	complete(&w->done);
	while (!kthread_should_stop())
		schedule_timeout_interruptible(HZ / 100);
	return 0;
}

static void begin(struct worker *w, lunatik_object_t *runtime, const char *function, long rounds)
{
	lunatik_getobject(runtime);
	*w = (struct worker){ .runtime = runtime, .function = function, .rounds = rounds };
	init_completion(&w->done);
	w->task = kthread_run(work, w, "capi");
	if (IS_ERR(w->task)) {
		lunatik_putobject(runtime);
		complete(&w->done);
	}
}

static void end(struct worker *w)
{
	wait_for_completion(&w->done);
	if (!IS_ERR(w->task))
		kthread_stop(w->task);
}

static void hammer(const char *name, lunatik_opt_t opt)
{
	struct worker workers[4];
	struct visit v = { .runtime = capi_start("test/capi/counter", opt) };
	int i, extra = 0;

	if (!v.runtime)
		return;
	for (i = 0; i < ARRAY_SIZE(workers); i++)
		begin(&workers[i], v.runtime, "add", 5000);
	/* Atomic runtimes are entered from their own context meanwhile. */
	for (i = 0; opt && i < 20; i++) {
		capi_in(opt == LUNATIK_OPT_SOFTIRQ ? SOFTIRQ : HARDIRQ, visit, &v);
		extra += v.ret > 0;
	}
	for (i = 0; i < ARRAY_SIZE(workers); i++)
		end(&workers[i]);
	capi_is("entries from interrupts meanwhile", extra, opt ? 20 : 0);
	capi_is(name, call(v.runtime, "get"), 20000 + extra);
	capi_is("lunatik_stop", lunatik_stop(v.runtime), 1);
}

static struct completion held, let_go;

static int l_hold(lua_State *L)
{
	complete(&held);
	wait_for_completion(&let_go);
	return 0;
}

static int hold(void *runtime)
{
	int ret;

	lunatik_run(runtime, l_hold, ret);
	lunatik_putobject(runtime);
	return ret;
}

static void test_threads(void)
{
	struct worker workers[4], waiting;
	lunatik_object_t *runtime;
	struct task_struct *holder;
	int i, stopped = 0;
	u64 start;

	hammer("four threads, one process runtime", LUNATIK_OPT_NONE);
	hammer("four threads and a timer, one softirq runtime", LUNATIK_OPT_SOFTIRQ);
	hammer("four threads and a hard timer, one hardirq runtime", LUNATIK_OPT_HARDIRQ);

	runtime = capi_start("test/capi/counter", LUNATIK_OPT_NONE);
	if (!runtime)
		return;
	for (i = 0; i < ARRAY_SIZE(workers); i++)
		begin(&workers[i], runtime, "add", LONG_MAX);
	for (i = 0; i < ARRAY_SIZE(workers); i++) {
		for (start = ktime_get_ns(); !READ_ONCE(workers[i].runs) && ktime_get_ns() - start < 10 * NSEC_PER_SEC;)
			msleep(10);
	}
	lunatik_getobject(runtime);
	capi_is("lunatik_stop while four threads use it", lunatik_stop(runtime), 0);
	for (i = 0; i < ARRAY_SIZE(workers); i++) {
		end(&workers[i]);
		stopped += workers[i].ret == -ENXIO && workers[i].runs;
	}
	capi_is("each thread has run and gets -ENXIO", stopped, 4);
	capi_is("and has let go of it", lunatik_putobject(runtime), 1);

	runtime = capi_start("test/capi/counter", LUNATIK_OPT_NONE);
	if (!runtime)
		return;
	begin(&workers[0], runtime, "loop", 1);
	msleep(100);
	start = ktime_get_ns();
	lunatik_stop(runtime);
	capi_is("lunatik_stop ends an endless handler in a second", ktime_get_ns() - start < NSEC_PER_SEC, 1);
	end(&workers[0]);
	capi_is("which returns -ENXIO", workers[0].ret, -ENXIO);

	runtime = capi_start("test/capi/counter", LUNATIK_OPT_NONE);
	if (!runtime)
		return;
	init_completion(&held);
	init_completion(&let_go);
	lunatik_getobject(runtime);
	holder = kthread_run(hold, runtime, "capi");
	if (IS_ERR(holder)) {
		lunatik_putobject(runtime);
	} else {
		wait_for_completion(&held);
		begin(&waiting, runtime, "add", 1);
		msleep(50);
		send_sig(SIGTERM, waiting.task, 1);
		end(&waiting);
		capi_is("a signal while waiting for the runtime", waiting.ret, -EINTR);
		complete(&let_go);
	}
	while (!call(runtime, "get") && waiting.ret != -EINTR)
		msleep(10);
	lunatik_stop(runtime);
}

/* ---- lives ---- */

static void test_lives(void)
{
	int i, good = 0, created = 0, released = capi_released();

	for (i = 0; i < 1000; i++) {
		lunatik_object_t *runtime;

		if (lunatik_runtimeopt(&runtime, "test/capi/objects", i % 3 == 1 ? LUNATIK_OPT_SOFTIRQ : LUNATIK_OPT_NONE))
			continue;
		created++;
		good += call(runtime, "use") == 3 && lunatik_stop(runtime) == 1;
	}
	capi_is("1000 runtimes created", created, 1000);
	capi_is("used and stopped", good, 1000);
	/* Objects let go in a softirq runtime are released by a worker. */
	for (i = 0; i < 100 && capi_released() - released < 3000; i++)
		msleep(20);
	capi_is("their objects were released, each once", capi_released() - released, 3000);
}

/* ---- files ---- */

/* ---- states ---- */

static int l_env(lua_State *L, lunatik_State *wanted)
{
	return lunatik_getenv(L) == wanted && wanted->L == L;
}

static void get_and_put(void *state)
{
	capi_is("a reference in any context", lunatik_getstate(state), 1);
	lunatik_putstate(state);
}

static void test_states(void)
{
	static const char *const wrong[] = { "", "..", "a/../b", "/a", "a/", "a\nb" };
	char name[LUNATIK_NAME_MAXSIZE + 2];
	lunatik_State *s, *other;
	size_t before;
	int ret, i;

	capi_is("no state of that name", !lunatik_statelookup("capi/state"), 1);
	s = lunatik_newstate("capi/state", 1 << 20);
	capi_is("a state is made", !!s, 1);
	if (!s)
		return;
	capi_is("its name", strcmp((const char *)s->name, "capi/state"), 0);
	capi_is("its cap", s->maxalloc, 1 << 20);
	capi_is("it holds memory", s->curralloc > 4096 && s->curralloc < s->maxalloc, 1);
	capi_is("nobody has a reference", s->users, 0);
	capi_is("user space is not in it", s->inuse, 0);
	capi_is("it is in the initial namespace", s->instance.net == &init_net, 1);
	capi_is("it is found", lunatik_statelookup("capi/state") == s, 1);
	capi_is("in a given namespace too", lunatik_netstatelookup("capi/state", &init_net) == s, 1);
	capi_is("its name is in use", !lunatik_newstate("capi/state", 0), 1);
	capi_is("a cap too small", !lunatik_newstate("capi/small", 1000), 1);
	for (i = 0; i < ARRAY_SIZE(wrong); i++)
		capi_is("no name", !lunatik_newstate(wrong[i], 0), 1);
	memset(name, 'x', sizeof(name) - 1);
	name[sizeof(name) - 1] = 0;
	capi_is("a name too long", !lunatik_newstate(name, 0), 1);
	capi_is("NULL is no name", !lunatik_newstate(NULL, 0) && !lunatik_statelookup(NULL) && lunatik_close(NULL) == -1, 1);

	capi_is("a reference", lunatik_getstate(s), 1);
	capi_is("is counted", s->users, 1);
	for (i = 0; i < WHERE_MAX; i++)
		capi_in(i, get_and_put, s);
	capi_is("and put back", s->users, 1);
	capi_is("close while somebody has one", lunatik_close("capi/state"), -1);
	capi_is("code runs in it", capi_eval(s->runtime, "x = 21 return x * 2"), 42);
	lunatik_run(s->runtime, l_env, ret, s);
	capi_is("getenv", ret, 1);
	before = s->curralloc;
	capi_eval(s->runtime, "t = ('x'):rep(200000)");
	capi_is("curralloc says so at once", s->curralloc - before >= 200000 && s->curralloc - before < 300000, 1);
	capi_is("maxalloc is enforced", capi_eval(s->runtime, "u = {} for i = 1, 1 << 30 do u[i] = ('x'):rep(1000) .. i end"), -ECANCELED);
	capi_is("never exceeded", s->curralloc <= s->maxalloc, 1);
	capi_eval(s->runtime, "t, u = nil collectgarbage()");
	capi_is("and given back", s->curralloc < before + 100000, 1);

	other = lunatik_newstate("capi/other", 0);
	capi_is("another", other && other != s, 1);
	capi_is("the module's cap", other->maxalloc > 1 << 20, 1);
	capi_is("has globals of its own", capi_eval(other->runtime, "return x and 1 or 2"), 2);
	capi_is("close", lunatik_close("capi/other"), 0);
	capi_is("no reference to what is closed", lunatik_getstate(other), 0);
	capi_is("nor to what never was", lunatik_getstate((lunatik_State *)&before), 0);
	capi_is("close again", lunatik_close("capi/other"), -1);
	capi_is("not found any more", !lunatik_statelookup("capi/other"), 1);
	lunatik_putstate(s);
	capi_is("close after the last reference", lunatik_close("capi/state"), 0);
	capi_is("the name is free", !!lunatik_netnewstate("capi/state", 0, &init_net), 1);
	capi_is("close in a namespace", lunatik_netclosestate("capi/state", &init_net), 0);
}

static const struct test {
	const char *name;
	void (*run)(void);
} tests[] = {
	{ "runtimes", test_runtimes },
	{ "states", test_states },
	{ "errors", test_errors },
	{ "contexts", test_contexts },
	{ "threads", test_threads },
	{ "objects", test_objects },
	{ "registry", test_registry },
	{ "fields", test_fields },
	{ "memory", test_memory },
	{ "cxx", test_cxx },
	{ "lives", test_lives },
};

static int show(struct seq_file *m, void *unused)
{
	const struct test *test = m->private;

	mutex_lock(&running);
	out = m;
	test->run();
	mutex_unlock(&running);
	return 0;
}

static int open(struct inode *inode, struct file *file)
{
	/* Large enough at once: a seq_file that overflows runs its show() again. */
	return single_open_size(file, show, inode->i_private, 128 << 10);
}

static const struct file_operations files = {
	.owner = THIS_MODULE,
	.open = open,
	.read = seq_read,
	.release = single_release,
};

static struct dentry *directory;

static int __init init(void)
{
	int i, error = classes_init();

	if (error)
		return error;
	directory = debugfs_create_dir("lunatik_capi", NULL);
	for (i = 0; i < ARRAY_SIZE(tests); i++)
		debugfs_create_file(tests[i].name, 0400, directory, (void *)&tests[i], &files);
	return 0;
}

static void __exit finish(void)
{
	debugfs_remove(directory);
	classes_exit();
}

module_init(init);
module_exit(finish);
MODULE_LICENSE("Dual MIT/GPL");
MODULE_DESCRIPTION("Tests of Lunatik's C API");
