/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * The C interface between lunatik.ko and typed classes. Authors never write it by hand: lunatik.hpp makes these tables
 * from plain C++ functions at compile time. Everything here is flat data, so that a Lua error may jump over it: a class
 * never sees a lua_State, and lunatik.ko does all that may raise, before and after the class' function runs.
 *
 * Self-contained: read by freestanding C++ and by kernel C.
 */
#ifndef LUNATIK_ABI_H
#define LUNATIK_ABI_H

#ifdef __cplusplus
#define LUNATIK_FIELD(name) name##_
#define LUNATIK_BOOL bool
extern "C" {
#else
#define LUNATIK_FIELD(name) name
#define LUNATIK_BOOL _Bool
#endif

struct lua_State;
struct module;
struct net;
struct task_struct;
struct lunatik_function;

/** Bitmask of LUNATIK_OPT_*. */
typedef unsigned char lunatik_opt_t;

/** Options of classes and objects. */
enum {
	LUNATIK_OPT_NONE = 0,
	LUNATIK_OPT_SOFTIRQ = 1 << 0,	/* instances use spin_lock_bh and GFP_ATOMIC */
	LUNATIK_OPT_HARDIRQ = 1 << 1,	/* instances use spin_lock_irqsave and GFP_ATOMIC */
	LUNATIK_OPT_MONITOR = 1 << 2,	/* methods run under the object's lock */
	LUNATIK_OPT_SINGLE = 1 << 3,	/* instances never leave their runtime */
	LUNATIK_OPT_EXTERNAL = 1 << 4,	/* private is the author's pointer: not allocated, not freed here */
	LUNATIK_OPT_NATIVE = 1 << 5,	/* made by lunatik.hpp: methods take the lock themselves */
	/*
	 * The kernel calls it from where its stop() would wait for ever: a script that stops it where it may not sleep, or from
	 * inside its process runtime, has a worker do that.
	 */
	LUNATIK_OPT_HOOK = 1 << 6,
	LUNATIK_OPT_STOPPED = 1 << 7,	/* lunatik.ko's own, of an object: its methods are refused */
};

#ifndef __cplusplus
struct luaL_Reg;
#endif

struct lunatik_value;

/**
 * struct lunatik_class_s - a class of objects
 * @name: what require() takes and error messages say
 * @methods: registered in the metatable, NULL-terminated; entries named "__gc" and "__close" are added by lunatik.ko
 * @release: called once, when the last reference goes, in process context; may be NULL
 * @opt: inherited by every instance
 * @owner: module of @release and @methods: objects pin it. NULL is filled in by LUNATIK_NEWLIB
 * @stop: called once, when the last handle goes or the script says stop, in process context; may be NULL
 * @functions: argument tables of a native class' @methods, for the stubs and the generated tests; or NULL
 * @index: a short way of reading a field, or NULL; @value has a hash of the key as its integer, the same in all states, if the class can use
 *	that. Nonzero if it gave @value, a nil, boolean, integer or object; 0 if the first of
 *	@methods, which is __index then, has to look. An object is not held: its address is only compared with those of the
 *	objects that the state has. It takes no lock of an object's, and never sleeps. Context: any
 */
typedef struct lunatik_class_s {
	const char *name;
	const struct luaL_Reg *methods;
	void (*release)(void *);
	lunatik_opt_t opt;
	struct module *owner;
	void (*stop)(void *);
	const struct lunatik_function *const *functions;
	int (*index)(void *self, const char *key, unsigned long size, struct lunatik_value *value);
} lunatik_class_t;

/**
 * struct lunatik_object_s - the part of an object that C modules may read
 * @class: its class (class_ in C++)
 * @private: what the class keeps, NULL once it is stopped or released (private_ in C++)
 * @opt: its options
 */
typedef struct lunatik_object_s {
	const lunatik_class_t *LUNATIK_FIELD(class);
	void *LUNATIK_FIELD(private);
	lunatik_opt_t opt;
} lunatik_object_t;

/* ---- values ---- */

/** What a value is, and what a parameter accepts. */
enum lunatik_kind {
	LUNATIK_NONE = 0,	/* argument not given */
	LUNATIK_NIL,
	LUNATIK_BOOLEAN,
	LUNATIK_INTEGER,
	LUNATIK_STRING,		/* borrowed bytes: Lua's own as an argument, static or the call's scratch as a result */
	LUNATIK_BYTES,		/* result only: bytes of lunatik_bytes(), which lunatik.ko frees after pushing them */
	LUNATIK_OBJECT,		/* borrowed as an argument; as a result a handle that lunatik.ko takes over */
	LUNATIK_FUNCTION,	/* argument of a constructor: kept with the object, see lunatik_callback */
	LUNATIK_TABLE,		/* the same, and its fields are decoded as further arguments */
	LUNATIK_BUFFER,		/* argument: an integer length; the body gets memory of that size to fill */
	LUNATIK_POINTER,	/* light userdata */
	LUNATIK_CONSTANTS,	/* result only: table made from a lunatik_constant array */
	LUNATIK_RECORD,		/* result only: table with @names as fields, whose values are the results that follow */
	LUNATIK_ANY,		/* parameter only: any of nil, boolean, integer, string, object */
	LUNATIK_SYMBOL,		/* parameter only: a string, or a light userdata */
	LUNATIK_KEPT,		/* argument of a callback, result of a method: what the object's KEEPS constructor was given as its
				   argument number integer */
	LUNATIK_SELF,		/* argument of a callback: its object */
	LUNATIK_USER,		/* argument of a callback: bytes in the calling task's memory, of lunatik_runcallback() only; becomes a string */
	LUNATIK_COMPANION,	/* parameter only, of a KEEPS constructor: an object that is made with the new one; Lua passes nothing */
};

/** A value on its way between Lua and the kernel. */
struct lunatik_value {
	unsigned char kind; /* enum lunatik_kind */
	int index;	/* BUFFER: lunatik.ko's own */
	union {
		LUNATIK_BOOL boolean;
		long long integer;
		struct {
			char *data;
			unsigned long size;
		} bytes;
		lunatik_object_t *object;
		void *pointer;
		const struct lunatik_constant *constants;
		const char *const *names;	/* NULL-terminated */
	};
};

/** A named integer of the kernel's headers; arrays end with a NULL name. */
struct lunatik_constant {
	const char *name;
	long long value;
};

/** What a parameter accepts. */
struct lunatik_parameter {
	unsigned char kind;
	unsigned char optional;		/* nil and absent are accepted, as LUNATIK_NONE */
	long long minimum, maximum;	/* INTEGER: bounds; BUFFER: bounds of the length */
	const lunatik_class_t *LUNATIK_FIELD(class);	/* OBJECT: the only class accepted, NULL is any */
	const char *field;		/* field of the table before it, instead of an argument of its own */
	const struct lunatik_function *constructor;	/* COMPANION: what makes it, without arguments */
};

/** Arguments that a function may have, those beyond the declared ones included. */
#define LUNATIK_ARGUMENTS 13
/** Results that it may have; a record and its fields count each. */
#define LUNATIK_RESULTS 5
/** Bytes of a call's scratch. */
#define LUNATIK_SCRATCH 48

/**
 * struct lunatik_call - one call of a native function
 * @runtime: the calling runtime's object
 * @object: the receiver, NULL in a library function; for a constructor the new object
 * @self: the receiver's private; for a constructor the zeroed storage
 * @receiver: the receiver's private, of a method that is a constructor too
 * @first: for a constructor of a hook in a state of a per-CPU runtime that is not its first: that one's hook, which the kernel
 *	calls; or NULL
 * @count: number of arguments given, varargs included
 * @arguments: decoded; one entry for each parameter (varargs follow)
 * @result_count: results set by the body
 * @message: replaces the errno name in the error raised, if the body sets it (static text)
 * @scratch: room for a STRING result
 */
struct lunatik_call {
	lunatik_object_t *runtime;
	lunatik_object_t *object;
	void *self;
	void *receiver;
	lunatik_object_t *first;
	unsigned char count;
	unsigned char result_count;
	const char *message;
	struct lunatik_value arguments[LUNATIK_ARGUMENTS];
	struct lunatik_value results[LUNATIK_RESULTS];
	char scratch[LUNATIK_SCRATCH];
};

/** Flags of native functions. */
enum {
	LUNATIK_FUNCTION_METHOD = 1 << 0,	/* the first Lua argument is the receiver */
	LUNATIK_FUNCTION_CONSTRUCTOR = 1 << 1,	/* returns a new object of @class; with METHOD, made by one of the same */
	LUNATIK_FUNCTION_SLEEPS = 1 << 2,	/* refused where the runtime may not sleep */
	LUNATIK_FUNCTION_VARARGS = 1 << 3,	/* takes any further values */
	LUNATIK_FUNCTION_STOP = 1 << 4,		/* stops the receiver after the body; harmless on a stopped one */
	LUNATIK_FUNCTION_PIN = 1 << 5,		/* constructor: the object lives until it is stopped, even unreferenced */
	LUNATIK_FUNCTION_EXACT = 1 << 6,	/* constructor: the runtime's context must be the class' */
	LUNATIK_FUNCTION_KEEPS = 1 << 7,	/* constructor: every argument is kept with the object, for lunatik_runkept() */
};

/** A native function: what it accepts and the C++ body behind it. */
struct lunatik_function {
	const char *name;
	/* 0 or a negative errno; a body that fails may leave the message as its one BYTES result. Never raises. */
	int (*body)(struct lunatik_call *call);
	const struct lunatik_parameter *parameters;
	unsigned char parameter_count;
	unsigned char flags;
	unsigned long size;		/* constructor: bytes of storage */
	const lunatik_class_t *LUNATIK_FIELD(class);	/* METHOD, CONSTRUCTOR: of the receiver */
	/*
	 * METHOD: a short way for @leaf_arguments integers, or NULL. It takes no lock and reaches nothing but @self. Nonzero: done,
	 * with @result set if @leaf_results is 1. 0: it has done nothing, and @body says what is wrong. Each argument is
	 * LUNATIK_LEAF_STRIDE numbers behind the one before it.
	 */
	int (*leaf)(void *self, const long long *arguments, long long *result);
	unsigned char leaf_arguments;
	unsigned char leaf_results;
};

/** Arguments that a leaf may have. */
#define LUNATIK_LEAF_ARGUMENTS 3
/** How many numbers lie between the beginnings of two arguments of a leaf. */
#define LUNATIK_LEAF_STRIDE 2

/** A library: what require() returns. */
struct lunatik_library {
	const char *name;
	const struct luaL_Reg *functions;		/* NULL-terminated */
	const lunatik_class_t *const *classes;		/* NULL-terminated, or NULL */
	const struct lunatik_constants *constants;	/* ended by a NULL name, or NULL */
	const struct lunatik_function *const *descriptions;	/* of @functions, NULL-terminated */
	struct module *owner;
	const char *(*refusal)(void);	/* why the kernel that runs cannot have it, which require() raises, or NULL; or NULL */
};

/** A table of constants inside a library. */
struct lunatik_constants {
	const char *name;
	const struct lunatik_constant *values;
};

/** Decodes the arguments, runs the body, encodes its results; the whole of a native lua_CFunction. Raises. */
int lunatik_invoke(struct lua_State *L, const struct lunatik_function *function);

/** The same for a METHOD with a leaf: tries that first. Raises. */
int lunatik_invokeleaf(struct lua_State *L, const struct lunatik_function *function);

/** Opens a library: registers its classes and pushes its table. Raises. */
int lunatik_openlibrary(struct lua_State *L, const struct lunatik_library *library);

/** Memory for a LUNATIK_BYTES result; NULL when there is none. Context: any; GFP_ATOMIC where @runtime may not sleep. */
void *lunatik_bytes(lunatik_object_t *runtime, unsigned long size);

/**
 * Charges @runtime with @size bytes that a class has the kernel allocate, until lunatik_freebytes() of what this returns;
 * NULL over the runtime's cap. Context: any.
 */
void *lunatik_charge(lunatik_object_t *runtime, unsigned long size);

/** Frees what lunatik_bytes() or lunatik_charge() gave. Context: any. */
void lunatik_freebytes(void *bytes);

/* ---- from the kernel into Lua ---- */

/** Results that a callback may have. */
#define LUNATIK_CALLBACK_RESULTS 4

/**
 * struct lunatik_callback - one protected call from the kernel into a runtime
 * @object: the pinned object whose function (or table) is called
 * @field: NULL calls the function given to the constructor; otherwise this field of the table given to it, with the
 *	table as first argument
 * @argument_count: arguments set
 * @result_count: results wanted
 * @outcome: lunatik.ko's own
 * @results: filled; strings are borrowed until lunatik_leave()
 */
struct lunatik_callback {
	lunatik_object_t *object;
	const char *field;
	unsigned char argument_count;
	unsigned char result_count;
	int outcome;
	struct lunatik_value arguments[6];
	struct lunatik_value results[LUNATIK_CALLBACK_RESULTS];
};

/** How lunatik_enter() enters: its @flags. */
enum {
	LUNATIK_ENTER_UNINTERRUPTIBLE = 1 << 0,	/* process context: signals do not end the wait for the lock */
	LUNATIK_ENTER_BRIEFLY = 1 << 1,		/* the same, but only for a moment: -ETIMEDOUT then */
	/*
	 * The kernel holds a lock around the call that functions of scripts may want themselves: those that may sleep are refused,
	 * and the time budget of handlers holds, in a process runtime too.
	 */
	LUNATIK_ENTER_LOCKED = 1 << 2,
};

/**
 * lunatik_enter - locks a runtime and prepares an entry into it
 *
 * Context: the runtime's own; a process runtime's lock sleeps, a hardirq runtime is entered from any context. Returns 0,
 * -ENXIO if the runtime is stopped or still loading in an atomic context, -EINTR on a signal, -EDEADLK if this very task is
 * inside it already. A softirq or hardirq runtime gives -EDEADLK also where this CPU is inside any spinning lock of a runtime or
 * object of its context or a stricter one, or in a non-maskable interrupt: waiting there might not end.
 * Every success is paired with lunatik_leave().
 */
int lunatik_enter(lunatik_object_t *runtime, unsigned int flags);

/**
 * Runs @callback between lunatik_enter() and lunatik_leave(), never in a function that Lua or lunatik_run() called. Returns 0,
 * -ENOENT if the table has no such field, -ENXIO once the object is stopped, -EINTR when interrupted, -ECANCELED after an
 * error (logged), -EFAULT if bytes of the task's (LUNATIK_USER) are not in memory now: the function was not called then, and the
 * caller copies them first.
 */
int lunatik_runcallback(lunatik_object_t *runtime, struct lunatik_callback *callback);

/**
 * The same for the function that a KEEPS constructor was given as its argument number @kept, counted from 0, fields included.
 * @callback's field is not looked at. Returns what lunatik_runcallback() does; -ENOENT if the argument is no function.
 *
 * Without strings and objects among the arguments nothing is allocated for the call.
 */
int lunatik_runkept(lunatik_object_t *runtime, struct lunatik_callback *callback, unsigned int kept);

/**
 * lunatik_entercallback - lunatik_enter() and lunatik_runcallback() in one
 *
 * Context: as lunatik_enter(). Returns 0 inside the runtime, for lunatik_leave() to end; or what the two return, outside of it.
 */
int lunatik_entercallback(lunatik_object_t *runtime, struct lunatik_callback *callback, unsigned int flags);

/**
 * struct lunatik_shown - what an object shows only while a hook runs: the part of a packet object that comes with every packet
 * @what: what it shows now, or NULL
 * @used: nonzero if more than the object itself shows it now
 * @close: called after a hook if @used is set, inside the runtime
 * @open: called before a hook, inside the runtime; or NULL
 * @more: how many further arguments the hook gets, which are kept behind the first
 */
struct lunatik_shown {
	void *what;
	unsigned char used;
	void (*close)(struct lunatik_shown *shown);
	void (*open)(struct lunatik_shown *shown);
	unsigned char more;
};

/** How much room there is for what the beginning of a packet's function does. */
#define LUNATIK_STEPS (7 * 40)

/** What a kept argument takes in the state. */
#define LUNATIK_KEPT_SIZE 16UL

/**
 * struct lunatik_asked - whom lunatik_runpacket() asks, put together once
 * @runtime: a softirq runtime
 * @hook: its hook, which KEEPS
 * @shown: shows the packet meanwhile
 * @function: which of the constructor's arguments is the function, and
 * @argument: which one is what it is called with; both are such a number times LUNATIK_KEPT_SIZE
 * @failures: how often the function has failed in a row
 * @looked: lunatik.ko's own, 0 at first: whether the function, which was called once, is steps
 * @room: bytes of Lua's stack that it needs
 * @steps: what it does, as lua/straight.h wants it
 */
struct lunatik_asked {
	lunatik_object_t *runtime;
	lunatik_object_t *hook;
	struct lunatik_shown *shown;
	unsigned long function;
	unsigned long argument;
	const unsigned int *failures;
	unsigned long looked;
	unsigned long room;
	unsigned long steps[LUNATIK_STEPS];
};

/** What a packet's function said: @value if @error is 0, which is a negative errno otherwise. It comes back in registers. */
struct lunatik_said {
	long error;
	long long value;
};

/**
 * lunatik_runpacket - lunatik_enter(), lunatik_runkept() and lunatik_leave() in one, for what comes with every packet
 * @what: what is shown meanwhile
 *
 * Context: any. Returns the integer, or -EPROTO if the function returned none, and the errors of the three.
 */
struct lunatik_said lunatik_runpacket(struct lunatik_asked *asked, void *what);

/**
 * lunatik_runpacketwith - lunatik_runpacket() of a function with three arguments: the constructor's argument number @argument, the one
 * behind it, and a string
 * @string: of lunatik_keepstring(), in this runtime
 * @result: set if 0 is returned: what the function returned, LUNATIK_NONE for what is no plain value; not a string
 *
 * Context: any. Returns 0, and what lunatik_enter() and lunatik_runkept() return.
 */
int lunatik_runpacketwith(lunatik_object_t *runtime, lunatik_object_t *hook, unsigned int function, unsigned int argument,
			  const void *string, struct lunatik_shown *shown, void *what, struct lunatik_value *result);

/**
 * lunatik_keepstring - makes a string in a runtime's state, which stays until lunatik_forgetstring() or the state's end
 * @key: an address of the caller's own, which no other string is kept under
 * @string: set to what lunatik_runpacketwith() wants, if 0 is returned
 *
 * Context: between lunatik_enter() and lunatik_leave(). Returns 0 or -ENOMEM.
 */
int lunatik_keepstring(lunatik_object_t *runtime, const void *key, const char *data, unsigned long size, const void **string);

/** Lets go of it. Context: between lunatik_enter() and lunatik_leave(). */
void lunatik_forgetstring(lunatik_object_t *runtime, const void *key);

/** Ends an entry: drops the results and unlocks. */
void lunatik_leave(lunatik_object_t *runtime);

/** The object references of kernel code: an object is freed with its last one. Any context. */
void lunatik_getobject(lunatik_object_t *object);
/** Returns 1 if this was the last reference, 0 otherwise. Any context: release is deferred where it may not sleep. */
int lunatik_putobject(lunatik_object_t *object);

/** A handle of an object, as Lua values and tables have: with the last one the object's activity stops. Any context. */
void lunatik_holdobject(lunatik_object_t *object);
/** Drops a handle. Any context: what must sleep is done by a worker. */
void lunatik_dropobject(lunatik_object_t *object);

/** Of a hook, before the kernel calls it: it is not stopped for failing or for what it costs, that is only logged. */
void lunatik_stays(lunatik_object_t *hook);

/**
 * After a function of a hook's has failed @times in a row: stops the hook, soon, if that is too often, and says so in the log and as
 * an event. Context: any. Returns 1 if it did, 0 otherwise.
 */
int lunatik_failing(lunatik_object_t *runtime, lunatik_object_t *hook, unsigned int times);

/** Stops an object soon, in a worker; from now on methods and callbacks are refused. Any context. */
void lunatik_stoplater(lunatik_object_t *object);

/** Writes an error to the log under the runtime's name, bounded in rate. Inside the runtime. */
void lunatik_log(lunatik_object_t *runtime, const char *text);

/** The same, and counts it as one of the runtime's errors: what a callback gave back makes no sense. Inside the runtime. */
void lunatik_fail(lunatik_object_t *runtime, const char *text);

/** The MONITOR lock of an object; @flags keeps the interrupt state of a HARDIRQ one. */
void lunatik_lock(lunatik_object_t *object, unsigned long *flags);
/** Undoes lunatik_lock(). */
void lunatik_unlock(lunatik_object_t *object, unsigned long flags);

/**
 * How long the end of an object may wait that would wait for @milliseconds (at least 1) by itself. A runtime's end is that of all its
 * script made, and of what that made in turn: together they wait for a second, and then each for 20 ms at most. Context: process. Returns
 * milliseconds, at least 1; @milliseconds, if the caller closes no runtime.
 */
unsigned int lunatik_closingshare(unsigned int milliseconds);

/**
 * Sleeps inside a runtime in a task state of <linux/sched.h>, until @milliseconds have passed (negative: no limit), the
 * runtime is stopped or interrupted, or a signal that the state allows comes. Context: process, inside the runtime.
 * Returns the milliseconds left, 0 when the time is over, -EINTR on a signal.
 */
long lunatik_sleep(lunatik_object_t *runtime, long milliseconds, unsigned int state);

/** What a class waits for: nonzero once it is so. Called often, by whoever waits, and must not sleep. */
typedef int (*lunatik_condition)(void *argument);

/**
 * Sleeps as lunatik_sleep() does, but in a queue of the class' own too, until @condition(@argument): for whatever the class
 * wakes with swake_up_one(), a completion for instance. A wake-up is for one sleeper; it calls @condition before it leaves.
 * @queue is a struct swait_queue_head that outlives the call. Context: process, inside the runtime. Returns the
 * milliseconds left (at least 1) if the condition holds, 0 when the time is over, -EINTR when the runtime is to end, its
 * thread is asked to stop, or a signal came that @state allows.
 */
long lunatik_wait(lunatik_object_t *runtime, void *queue, lunatik_condition condition, void *argument, long milliseconds,
		  unsigned int state);

/** The name of a runtime, which stays as long as it: of the script, or what was given instead. Context: any. */
const char *lunatik_nameof(const lunatik_object_t *runtime);

/** The context of a runtime, an enum lunatik_context of lunatik/uapi.h. */
int lunatik_contextof(const lunatik_object_t *runtime);

/** The CPU whose hooks run in this state of a per-CPU runtime; -1 for any other runtime. */
int lunatik_cpuof(const lunatik_object_t *runtime);

/** Whether the calling function may sleep now: a process runtime, or the body of an atomic runtime's script. */
LUNATIK_BOOL lunatik_maysleep(const lunatik_object_t *runtime);

/**
 * The hook of the state of @cpu, which this is, for a hook that the kernel calls: @hook itself unless its runtime is per-CPU; NULL if
 * that state has none (yet). Context: any that stays on its CPU.
 */
lunatik_object_t *lunatik_local(lunatik_object_t *hook, unsigned int cpu);

/** The same of any state: NULL if there is none. For a hook that is not per-CPU, itself for 0. Context: any. */
lunatik_object_t *lunatik_peer(lunatik_object_t *hook, unsigned int cpu);

/**
 * The network namespace of a runtime, which is stopped before that goes: borrowed inside the runtime. Whoever makes something that
 * outlives the call gets a reference with maybe_get_net(), which may fail when the namespace is on its way out.
 */
struct net *lunatik_networkof(const lunatik_object_t *runtime);

/** The class of runtimes, which any runtime's object is of. */
extern const lunatik_class_t lunatik_class_runtime;

/* ---- threads ---- */

/**
 * lunatik_spawn - starts a kernel thread that calls the function @runtime's script returned
 * @runtime: a process runtime; the thread holds a handle of it
 * @by: the runtime that starts it: when that is closed, the thread is ended; or NULL
 * @holder: an object that the thread holds a handle of while it runs, or NULL
 * @name: of the thread; data, not a format
 * @task: set to the thread, with a reference of put_task_struct(), if 0 is returned
 *
 * Context: process, may sleep. Returns 0, -EOPNOTSUPP for an atomic runtime, -ENOENT if there is no function to call,
 * -EBUSY if @runtime has a thread that runs, -ENXIO if it or @by is stopped, -ENOMEM, -EINTR.
 */
int lunatik_spawn(lunatik_object_t *runtime, lunatik_object_t *by, lunatik_object_t *holder, const char *name,
		  struct task_struct **task);

/**
 * lunatik_endthread - ends the thread @task of @runtime, and waits for that
 * @by: the runtime that the caller is inside, whose end ends the wait; or NULL
 *
 * lunatik_shouldstop() is true in it from now on; 400 ms later, or what lunatik_closingshare() leaves of it, what runs in it is
 * interrupted. Context: process, may sleep. Returns 0, also if it had ended before; -EDEADLK in that thread itself; -EINTR when @by is to
 * end; -ETIMEDOUT if the kernel keeps it: after 5 s, or about one if the caller closes a runtime.
 */
int lunatik_endthread(lunatik_object_t *runtime, const struct task_struct *task, lunatik_object_t *by);

/** Whether @task is the thread of @runtime and has not ended. Context: any. */
LUNATIK_BOOL lunatik_threadruns(const lunatik_object_t *runtime, const struct task_struct *task);

/** Whether the thread that runs inside @runtime, or inside one that entered it, is asked to end. Context: inside @runtime. */
LUNATIK_BOOL lunatik_shouldstop(const lunatik_object_t *runtime);

/**
 * The runtime whose thread runs inside @runtime now: @runtime itself or one that entered it; NULL if it is no runtime's
 * thread. Context: inside @runtime, and borrowed as long.
 */
lunatik_object_t *lunatik_threadowner(lunatik_object_t *runtime);

#ifdef __cplusplus
}
#endif

#endif
