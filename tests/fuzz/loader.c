// SPDX-License-Identifier: MIT OR GPL-2.0-only
/*
 * The kernel's Lua as tests/conformance/host.c has it, given a source: it is compiled, on a stack of a few KiB and with little
 * memory, and what compiles is run until it has jumped a thousand times. Whatever it is, it ends as a success or as an error, and
 * lua_close() gives all memory back.
 */
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

/* What host.c finds broken is a crash to the fuzzer. */
#define _exit(status) (abort(), (status))
#define main host_main
#include "../conformance/host.c"
#undef main

/* Frames are several times as large with the address sanitizer: what check calls budget_asan. */
enum { STACK = 65536, MEMORY = 4 << 20, STEPS = 1000, STEP_SIZE = 100 };

static const char *source;
static size_t source_size;
static int steps;

static void step(lua_State *L, lua_Debug *ar)
{
	(void)L;
	(void)ar;
	if (++steps > STEPS)
		__atomic_store_n(&gauge.stop, ~LUNATIK_STOP_LOOK, __ATOMIC_RELAXED);
}

/* A loop inside a library function makes no steps: the clock ends that. */
static void late(int signal)
{
	(void)signal;
	__atomic_store_n(&gauge.stop, ~LUNATIK_STOP_LOOK, __ATOMIC_RELAXED);
}

static int load_and_run(lua_State *L)
{
	luaL_openlibs(L);
	lunatik_openwarn(L);
	/* Files of the host are none of a fuzzer's business. */
	static const char *const without[] = { "require", "loadfile", "dofile", "print", "package", NULL };
	for (int i = 0; without[i] != NULL; i++) {
		lua_pushnil(L);
		lua_setglobal(L, without[i]);
	}
	if (luaL_loadbufferx(L, source, source_size, "=fuzz", NULL) != LUA_OK)
		return lua_error(L);
	lua_sethook(L, step, LUA_MASKCOUNT, STEP_SIZE);
	lua_call(L, 0, 0);
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static int ready;

	if (!ready) {
		ready = 1;
		signal(SIGVTALRM, late);
		signal(SIGPROF, too_late);
		lunatik_hash_factor = 0x9e3779b97f4a7c15ULL;
		if (freopen("/dev/null", "w", stdout) == NULL)
			abort();
	}
	source = (const char *)data;
	source_size = size;
	steps = 0;
	options.memory = MEMORY;
	__atomic_store_n(&gauge.stop, 0, __ATOMIC_RELAXED);
	lua_State *L = lua_newstate(allocate, NULL);
	if (L == NULL)
		abort();
	((struct lunatik_extra *)lua_getextraspace(L))->gauge = &gauge;
	gauge.stack_limit = (unsigned long)__builtin_frame_address(0) - STACK;
	setitimer(ITIMER_VIRTUAL, &(struct itimerval){ .it_value.tv_usec = 200000 }, NULL);
	setitimer(ITIMER_PROF, &(struct itimerval){ .it_value.tv_sec = 10 }, NULL);
	lua_pushcfunction(L, load_and_run);
	(void)lua_pcall(L, 0, 0, 0);
	lua_close(L);
	setitimer(ITIMER_VIRTUAL, &(struct itimerval){ .it_value.tv_usec = 0 }, NULL);
	setitimer(ITIMER_PROF, &(struct itimerval){ .it_value.tv_usec = 0 }, NULL);
	if (memory_used != 0)
		abort();
	return 0;
}
