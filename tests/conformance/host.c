// SPDX-License-Identifier: MIT OR GPL-2.0-only
/*
 * The kernel's Lua as an ordinary program: the same sources, overlay and patches, with host.h implemented on the C
 * library. It runs a script as the kernel would - on a stack of a few KiB, with a memory limit, stopped after a while -
 * so that what lua/ promises is tested without a kernel.
 *
 * usage: klua [--goto] [--stack BYTES] [--memory BYTES] [--stop-after MS] [--fail-allocation N] [--report] [SCRIPT]
 *
 * Exits with 0, with 1 if the script failed (message and traceback on stderr), with 3 if it was stopped, and with 4 if
 * something is wrong with Lua itself: memory not given back, stack used beyond what was promised, a second after the
 * stop and still running.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "api.h"

enum { EXIT_SCRIPT = 1, EXIT_USAGE = 2, EXIT_STOPPED = 3, EXIT_BROKEN = 4 };

/* Room for what runs below the limit: on top of what host.h promises, the C library's own frames. */
#define STACK_SIZE (1024 * 1024)
#define PAINT 0x5a5aa5a5c3c33c3cUL

static struct {
	const char *script;
	unsigned long stack;
	size_t memory;
	long stop_after;
	long fail_allocation;
	int report;
} options = { .stack = 0, .memory = 64 << 20 };

static struct lunatik_gauge gauge;
static size_t memory_used;
static size_t memory_peak;
static long allocations;
static int result = EXIT_BROKEN;
static unsigned long stack_used;

int lunatik_dispatch_goto;
/* Every byte is counted back. */
const int lunatik_frees_all;

static void broken(const char *what)
{
	fprintf(stderr, "klua: %s\n", what);
	_exit(EXIT_BROKEN);
}

/* ---- host.h ---- */

void lunatik_print(lua_State *L, const char *s, size_t n)
{
	(void)L;
	fwrite(s, 1, n, stdout);
}

void lunatik_printline(lua_State *L)
{
	(void)L;
	putchar('\n');
}

void lunatik_poll(lua_State *L)
{
	lunatik_raise(L, "stopped");
}

unsigned int lunatik_random32(void)
{
	return (unsigned int)random();
}

unsigned int lunatik_keyhash(const char *key, size_t size)
{
	(void)key;
	return (unsigned int)size;
}

/* Nothing here is an object. */
const void *const lunatik_mark = &lunatik_mark;

int lunatik_fetch(void *to, const void *from, size_t n)
{
	memcpy(to, from, n);
	return 0;
}

void lunatik_warning(struct lua_State *L, const char *text, int error)
{
	(void)L;
	(void)error;
	fprintf(stderr, "Lua warning: %s\n", text);
}

void lunatik_message(const char *format, const char *arg)
{
	fprintf(stderr, format, arg);
	fputc('\n', stderr);
}

void lunatik_bug(const char *what)
{
	broken(what);
}

struct file {
	FILE *stream;
	int error;
};

void *lunatik_file_open(lua_State *L, const char *name, int *error)
{
	FILE *stream = fopen(name, "r");

	(void)L;
	if (stream == NULL) {
		*error = errno;
		return NULL;
	}
	struct file *file = malloc(sizeof(*file));
	file->stream = stream;
	file->error = 0;
	return file;
}

long lunatik_file_read(void *handle, void *buffer, size_t n)
{
	struct file *file = handle;

	if (__atomic_load_n(&gauge.stop, __ATOMIC_RELAXED))
		file->error = EINTR;
	if (file->error)
		return -file->error;
	size_t got = fread(buffer, 1, n, file->stream);
	if (got == 0 && ferror(file->stream)) {
		file->error = errno;
		return -errno;
	}
	return (long)got;
}

int lunatik_file_error(void *file)
{
	return ((struct file *)file)->error;
}

void lunatik_file_close(void *handle)
{
	struct file *file = handle;

	fclose(file->stream);
	free(file);
}

int lunatik_require_module(lua_State *L, const char *name)
{
	lua_pushfstring(L, "no kernel module '%s'", name);
	return 1;
}

/* ---- a state ---- */

/* Counts, limits, and fails one allocation on request; checks what Lua says about the size of what it gives back. */
static void *allocate(void *data, void *block, size_t old_size, size_t size)
{
	size_t *header = block != NULL ? (size_t *)block - 2 : NULL;

	(void)data;
	if (header == NULL)
		old_size = 0;
	else if (*header != old_size)
		broken("Lua gave a wrong size to the allocator");
	if (size == 0) {
		memory_used -= old_size;
		free(header);
		return NULL;
	}
	if (size > old_size) {
		if (++allocations == options.fail_allocation || memory_used + size - old_size > options.memory)
			return NULL;
	}
	header = realloc(header, size + 2 * sizeof(size_t));
	if (header == NULL)
		return NULL;
	*header = size;
	memory_used += size - old_size;
	if (memory_used > memory_peak)
		memory_peak = memory_used;
	return header + 2;
}

static int add_traceback(lua_State *L)
{
	const char *message = lua_tostring(L, 1);

	if (message == NULL) {
		if (luaL_callmeta(L, 1, "__tostring") && lua_type(L, -1) == LUA_TSTRING)
			return 1;
		message = lua_pushfstring(L, "(error object is a %s value)", luaL_typename(L, 1));
	}
	luaL_traceback(L, L, message, 1);
	return 1;
}

static int run_script(lua_State *L)
{
	luaL_openlibs(L);
	lunatik_openwarn(L);
	lua_pushcfunction(L, add_traceback);
	if (luaL_loadfilex(L, options.script, "t") != LUA_OK)
		return lua_error(L);
	if (lua_pcall(L, 0, 0, -2) != LUA_OK)
		return lua_error(L);
	return 0;
}

static __attribute__((noinline)) void paint(unsigned long *low)
{
	unsigned long *here = (unsigned long *)((char *)__builtin_frame_address(0) - 256);

	for (volatile unsigned long *p = low; p < here; p++)
		*p = PAINT;
}

static __attribute__((noinline)) unsigned long painted(unsigned long *low)
{
	unsigned long *p = low;

	while (*p == PAINT)
		p++;
	return (unsigned long)((char *)__builtin_frame_address(0) - (char *)p);
}

static void *run(void *low)
{
	lua_State *L = lua_newstate(allocate, NULL);
	struct lunatik_extra *extra;
	int status;

	if (L == NULL) {
		fprintf(stderr, "klua: not enough memory\n");
		result = memory_used == 0 ? EXIT_SCRIPT : EXIT_BROKEN;
		return NULL;
	}
	extra = lua_getextraspace(L);
	if (extra->gauge->stop || extra->gauge->stack_limit)
		broken("a new state's gauge is not idle");
	extra->gauge = &gauge;
	paint(low);
	if (options.stack)
		gauge.stack_limit = (unsigned long)__builtin_frame_address(0) - options.stack;
	lua_pushcfunction(L, run_script);
	status = lua_pcall(L, 0, 0, 0);
	stack_used = painted(low);
	fflush(stdout);
	result = status == LUA_OK ? 0 : __atomic_load_n(&gauge.stop, __ATOMIC_RELAXED) ? EXIT_STOPPED : EXIT_SCRIPT;
	if (status != LUA_OK)
		fprintf(stderr, "klua: %s\n", lua_type(L, -1) == LUA_TSTRING ? lua_tostring(L, -1) : "?");
	lua_close(L);
	if (memory_used != 0)
		broken("lua_close() left memory behind");
	return NULL;
}

static void too_late(int signal)
{
	(void)signal;
	static const char message[] = "klua: still running a second after it was told to stop\n";
	_exit(write(2, message, sizeof(message) - 1) ? EXIT_BROKEN : EXIT_BROKEN);
}

static void *stop(void *unused)
{
	struct timespec delay = { options.stop_after / 1000, options.stop_after % 1000 * 1000000 };

	(void)unused;
	nanosleep(&delay, NULL);
	__atomic_store_n(&gauge.stop, ~LUNATIK_STOP_LOOK, __ATOMIC_RELAXED);
	// A second of its own time: others may be using the processors.
	setitimer(ITIMER_PROF, &(struct itimerval){ .it_value.tv_sec = 1 }, NULL);
	return NULL;
}

static long number(const char *text)
{
	char *end;
	long n = text ? strtol(text, &end, 0) : -1;

	if (text == NULL || *end != '\0' || n < 0) {
		fprintf(stderr, "klua: '%s' is not a number\n", text ? text : "");
		exit(EXIT_USAGE);
	}
	return n;
}

int main(int argc, char **argv)
{
	pthread_attr_t attributes;
	pthread_t thread, stopper;
	void *stack;

	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--goto") == 0) {
			lunatik_dispatch_goto = 1;
		} else if (strcmp(argv[i], "--report") == 0) {
			options.report = 1;
		} else if (strcmp(argv[i], "--stack") == 0) {
			options.stack = (unsigned long)number(argv[++i]);
		} else if (strcmp(argv[i], "--memory") == 0) {
			options.memory = (size_t)number(argv[++i]);
		} else if (strcmp(argv[i], "--stop-after") == 0) {
			options.stop_after = number(argv[++i]);
		} else if (strcmp(argv[i], "--fail-allocation") == 0) {
			options.fail_allocation = number(argv[++i]);
		} else if (argv[i][0] != '-' && options.script == NULL) {
			options.script = argv[i];
		} else {
			fprintf(stderr, "klua: what is '%s'?\n", argv[i]);
			return EXIT_USAGE;
		}
	}
	if (options.script == NULL) {
		fprintf(stderr, "usage: klua [--goto] [--stack BYTES] [--memory BYTES] [--stop-after MS] "
			"[--fail-allocation N] [--report] SCRIPT\n");
		return EXIT_USAGE;
	}

	srandom((unsigned int)(time(NULL) ^ getpid()));
	lunatik_hash_factor = ((unsigned long long)random() << 32 | (unsigned long long)random()) | 1;
	signal(SIGPROF, too_late);
	stack = mmap(NULL, STACK_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (stack == MAP_FAILED)
		broken("no memory for a stack");
	pthread_attr_init(&attributes);
	pthread_attr_setstack(&attributes, stack, STACK_SIZE);
	if (pthread_create(&thread, &attributes, run, stack) != 0)
		broken("no thread");
	if (options.stop_after && pthread_create(&stopper, NULL, stop, NULL) != 0)
		broken("no thread");
	pthread_join(thread, NULL);
	if (options.report)
		fprintf(stderr, "stack %lu memory %zu allocations %ld\n", stack_used, memory_peak, allocations);
	return result;
}
