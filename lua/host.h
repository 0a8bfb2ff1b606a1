/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * What Lua asks of the module that hosts it. Lua's own files see no kernel header and the C++ core sees none either,
 * so this file declares everything with built-in types and includes nothing: Lua's translation units, freestanding
 * C++ and kernel C can all read it.
 */
#ifndef LUNATIK_HOST_H
#define LUNATIK_HOST_H

#ifdef __cplusplus
extern "C" {
#endif

struct lua_State;
struct lunatik_object_s;

/* Words of a jump buffer: what lua/setjmp.S saves here, or what klibc's largest one does. */
#ifdef __x86_64__
#define LUNATIK_JUMP_WORDS 8
#else
#define LUNATIK_JUMP_WORDS 24
#endif

/* How many hashes of strings a state remembers; a power of two. */
#define LUNATIK_HASHES 16
#define LUNATIK_LEAVES 32

/**
 * struct lunatik_gauge - what a running Lua state looks at while it runs
 * @stack_limit: lowest address the stack pointer may have when Lua recurses; below it Lua raises "C stack overflow".
 *	Rewritten at every entry into the state, because every entry comes on another stack.
 * @stop: nonzero makes the VM and the loops of the C libraries call lunatik_poll(). Written by anyone at any time
 *	(another CPU, a timer), so both sides access it with relaxed atomics. It is sticky: only the host clears it.
 * @error: errno of the last file operation of this state (positive), what C calls errno.
 * @handles: lua_topointer() of the weak table that finds a state's handle of an object by the object's address, or NULL
 * @collect_at: bytes of the state above which lunatik_callpacket() says LUNATIK_PACKET_GARBAGE. Guarded as the state is
 * @jump: where an error in a packet's function goes to: one such call runs at a time
 * @hashes: what lunatik_keyhash() gives for short strings of the state, each in the place that Lua's own hash of it gives. They go
 *	when Lua may free strings
 * @leaves: the methods with a leaf that were called last, by the C functions that they are for Lua
 * @buffer: the userdata that lunatik_takebuffer() gives, which the registry keeps, or NULL; @buffer_free is nonzero
 *	while no call has it
 *
 * One gauge serves a state and all its coroutines; it must outlive the state.
 */
struct lunatik_gauge {
	unsigned long stack_limit;
	int stop;
	int error;
	const void *handles;
	unsigned long collect_at;
	unsigned long jump[LUNATIK_JUMP_WORDS + 2];
	struct lunatik_hash {
		const void *string;
		unsigned int hash;
	} hashes[LUNATIK_HASHES];
	struct {
		int (*function)(struct lua_State *L);
		const struct lunatik_function *method;
	} leaves[LUNATIK_LEAVES];
	void *buffer;
	int buffer_free;
};

/**
 * struct lunatik_extra - what lua_getextraspace() points at, in every thread of a state
 * @runtime: the runtime the state belongs to
 * @gauge: the state's gauge, never NULL
 *
 * lua_newstate() leaves a runtime of NULL and a gauge that never stops and has no stack limit; the host sets both in
 * the main thread before it runs anything. lua_newthread() copies both from the main thread.
 */
struct lunatik_extra {
	struct lunatik_object_s *runtime;
	struct lunatik_gauge *gauge;
};

/*
 * Bits of a gauge's stop that only ask the state to look in at lunatik_poll(), which then returns; any other ends what runs.
 */
#define LUNATIK_STOP_LOOK 3

/*
 * Bytes that Lua may use below stack_limit: the zone in which an error about the overflow is raised and its handler
 * runs (ERROR_ZONE), and below that the deepest leaf, a C function that calls nothing that looks at the limit again
 * (LEAF: a traceback). The host sets stack_limit so that both fit above whatever else must stay free, the allocator's
 * way down among it. Measured on Debian's 6.12 and in user space with tests/hostile/process.
 */
#ifdef __SANITIZE_ADDRESS__
/* KASAN's frames are two to three times as big (and its stacks twice). */
#define LUNATIK_STACK_ERROR_ZONE 6144
#define LUNATIK_STACK_LEAF 5120
#else
#define LUNATIK_STACK_ERROR_ZONE 2304
#define LUNATIK_STACK_LEAF 1536
#endif

/*
 * What must be left above stack_limit for the collector to run finalizers: below that they wait for the next cycle. So
 * a state is closed with its whole stack budget (and, because a finalizer may need memory for its call, without its
 * memory limit): what cannot be finalized then never is.
 */
#ifdef __SANITIZE_ADDRESS__
#define LUNATIK_STACK_FINALIZER 4096
#else
#define LUNATIK_STACK_FINALIZER 2048
#endif

/* ---- what the host implements ---- */

/** Writes the @n bytes at @s to the script's output; may raise. */
void lunatik_print(struct lua_State *L, const char *s, __SIZE_TYPE__ n);

/** Ends the line lunatik_print() wrote; may raise. */
void lunatik_printline(struct lua_State *L);

/**
 * Called when the gauge's stop is nonzero, where Lua may raise an error. Either raises one (lunatik_raise()), or
 * returns having left the state as it was, and the script goes on. As long as stop stays nonzero it is called again at
 * every check.
 */
void lunatik_poll(struct lua_State *L);

/** The hash of a key of objects that have fields, the same in all states: what a class' index (lunatik/abi.h) is given. Never raises. */
unsigned int lunatik_keyhash(const char *key, __SIZE_TYPE__ size);

/** An unpredictable number, for hash seeds and pivots. */
unsigned int lunatik_random32(void);

/** Takes a warning of a script's, or, if @error, an error in a finalizer, which raised nowhere. Never raises. */
void lunatik_warning(struct lua_State *L, const char *text, int error);

/** Writes a warning to the log; @format has one %s at most, for @arg. */
void lunatik_message(const char *format, const char *arg);

/**
 * Reports that a promise of ours is broken and never returns. It is not declared noreturn: objtool knows only the
 * kernel's own noreturn functions and takes what follows the call for a fall through into the next function. Where
 * objtool reads the whole module (6.12) it must not see that either: BUG_ON() of a variable, not BUG().
 */
void lunatik_bug(const char *what);

/** Copies @n bytes of the calling task's memory; nonzero if they are not there now. Never waits. */
int lunatik_fetch(void *to, const void *from, __SIZE_TYPE__ n);

/** Opens a file for reading. Returns NULL and a positive errno in @error when it cannot; may raise. */
void *lunatik_file_open(struct lua_State *L, const char *name, int *error);

/**
 * Reads up to @n bytes. Returns their number, 0 at the end, or a negative errno, which lunatik_file_error() then
 * repeats (-EINTR once the gauge of the state that opened it says stop: a loop that skips a line cannot poll). Never
 * raises. Lua asks for single bytes and small pieces: the host buffers.
 */
long lunatik_file_read(void *file, void *buffer, __SIZE_TYPE__ n);

/** The positive errno of the first read that failed, or 0. Never raises. */
int lunatik_file_error(void *file);

/** Closes a file. Never raises. */
void lunatik_file_close(void *file);

/**
 * require()'s last searcher: finds the kernel module that implements @name. Pushes its luaopen function and an extra
 * value and returns 2, or pushes a string that says why there is none ("no kernel module 'x'") and returns 1.
 */
int lunatik_require_module(struct lua_State *L, const char *name);

/**
 * Which of the two interpreter loops runs: 0 is the compare tree, anything else computed goto. Set once, before the
 * first state exists: computed goto wins only where indirect jumps are not retpolines.
 */
extern int lunatik_dispatch_goto;

/** Whether the host frees small blocks by itself when a state has ended: no short string is given back then, one by one. */
extern const int lunatik_frees_all;

/* ---- what lua/ implements beyond Lua's own API ---- */

/**
 * Where tables put their integers. The host sets it to an odd random number once, before the first state exists, so
 * that no script can choose integers that all meet in one place.
 */
extern unsigned long long lunatik_hash_factor;

/**
 * Raises @message with the position of the running Lua code in front, from wherever lunatik_poll() was called: between
 * two instructions of a Lua function luaL_error() would name the caller's line. Does not return.
 */
int lunatik_raise(struct lua_State *L, const char *message);

/** Makes warn() work: writes through lunatik_warning(), off until warn("@on"). May raise "not enough memory". */
void lunatik_openwarn(struct lua_State *L);

/* Stack slots that lunatik_callkept() wants besides the function's own: for what it pushes and for the arguments of any callback. */
#define LUNATIK_CALLBACK_SLOTS 12

/** What the full userdata on top of the stack is known by, for as long as something keeps it. */
void *lunatik_userdata(struct lua_State *L);

/** What the short string on top of the stack is known by, for as long as something keeps it; NULL if it is long. */
const void *lunatik_stringkey(struct lua_State *L);

struct lunatik_callback;

/**
 * Calls user value number @function (from 0) of the userdata @kept. LUNATIK_KEPT arguments count from user value @first. Returns a status
 * as lua_pcall() does, with @handler as message handler and the results read; or, having done nothing, LUNATIK_PACKET_LONG where only
 * the long way knows what to do: objects as arguments, functions in C, metatables, memory of the task's that is not there; and
 * LUNATIK_PACKET_ROOM. From outside of Lua only. Never raises.
 */
int lunatik_callkept(struct lua_State *L, void *kept, int function, int first, int (*handler)(struct lua_State *L),
		     struct lunatik_callback *callback);

/**
 * The same for the function named @key, of lunatik_stringkey(), of the table that is the first user value, which is its first argument.
 */
int lunatik_callfield(struct lua_State *L, void *kept, const void *key, int (*handler)(struct lua_State *L),
		      struct lunatik_callback *callback);

enum {
	LUNATIK_PACKET_LONG = -1,	/* nothing was done: only the long way knows what to do */
	LUNATIK_PACKET_OTHER = -2,	/* the result is no integer */
	LUNATIK_PACKET_ROOM = -3,	/* nothing was done: the function needs more room than there is */
	LUNATIK_PACKET_GARBAGE = 0x100,	/* all is well, but there is garbage to collect */
};

struct lunatik_said;

struct lunatik_asked;

/**
 * Calls a function kept with the userdata @kept, the user value that @asked has as its function, with the one that it has as argument
 * and @more behind it, for one integer. Of @asked, which goes with @kept, it keeps what it finds out about the function. The error is a
 * status as lua_pcall() has them, with @handler as message handler, or one of the above; the value is set with LUA_OK and
 * LUNATIK_PACKET_GARBAGE. Nothing is left on the stack then. From outside of Lua only. Never raises.
 */
struct lunatik_said lunatik_callpacket(struct lua_State *L, const void *kept, struct lunatik_asked *asked, unsigned int more,
				       int (*handler)(struct lua_State *L));

struct lunatik_value;

/**
 * The same with three arguments: the user value number @argument, the one behind it, and @string, of lunatik_string(). @result is set
 * to what the function returned, of whatever kind, if LUA_OK is returned.
 */
int lunatik_callpacketwith(struct lua_State *L, void *kept, int function, int argument, const void *string,
			   int (*handler)(struct lua_State *L), struct lunatik_value *result);

/** What the string on top of the stack is known by, for as long as something keeps it. */
const void *lunatik_string(struct lua_State *L);
/** The bytes of a string that is known so. */
const char *lunatik_stringbytes(const void *string, unsigned long *size);

struct lunatik_function;

/** What the userdata of objects begin with: an address that no script can write. */
extern const void *const lunatik_mark;

/**
 * Tries the leaf of a method for the arguments of the C function that runs now: the receiver must be an open object of the
 * method's class, all others integers. Nonzero when it has run, and pushed its result if it has one. Never raises.
 */
int lunatik_callleaf(struct lua_State *L, const struct lunatik_function *function);

struct lunatik_call;

/**
 * The short way of what comes before a body: sets @call's object, self, arguments and count if the receiver is an open object of the
 * method's class and each argument just what its parameter wants. A buffer is left on the stack. Nonzero if it has; 0 where only the
 * long way knows what to do, or what is wrong: nothing that counts was done then. Not for constructors. Never raises.
 */
int lunatik_readcall(struct lua_State *L, const struct lunatik_function *function, struct lunatik_call *call);

/** Pushes the gauge's buffer if no call has it and it has @size bytes, and returns its memory; NULL if not. Never raises. */
void *lunatik_takebuffer(struct lua_State *L, unsigned long size);

/** After a call: if the userdata at @index is the gauge's buffer it is free again, and nonzero is returned. Never raises. */
int lunatik_returnbuffer(struct lua_State *L, int index);

/** lua_settop(L, 0) at the end of an entry. Returns the bytes that the state has. */
unsigned long lunatik_clearstack(struct lua_State *L);

/** One step of a collection, or a young one; nonzero if nothing is left to do. Runs finalizers, raises nothing. */
int lunatik_collectstep(struct lua_State *L);

/**
 * Replaces the Lua function on top of the stack by a new one of the same code, as lua_load() would have left it: with upvalues of its own,
 * the first of which has the globals. May raise "not enough memory".
 */
void lunatik_newfunction(struct lua_State *L);

/** One access to a global: its name, the line, and whether it is assigned to. */
typedef void (*lunatik_global)(void *argument, const char *name, int line, int assigned);

/** Calls @function for each access to a global in the Lua function on top of the stack. Never raises. */
void lunatik_globals(struct lua_State *L, lunatik_global function, void *argument);

struct lunatik_value;

/** Reads the @count values on top of the stack, strings borrowed; what has no kind becomes LUNATIK_NONE. Never raises. */
void lunatik_readresults(struct lua_State *L, struct lunatik_value *results, int count);

/** The C library's text for a positive errno. */
const char *lunatik_strerror(int error);

#ifdef __cplusplus
}
#endif

#endif
