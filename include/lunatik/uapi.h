/* SPDX-License-Identifier: (MIT OR GPL-2.0-only) WITH Linux-syscall-note */
/*
 * What crosses /dev/lunatik: frames, shared by the kernel module and user space.
 *
 * A session is one open file description of /dev/lunatik. The client writes request frames and reads answer
 * frames; both are byte streams, so a frame may be written or read in pieces of any size. A session runs one
 * request at a time: every request is answered by any number of OUTPUT and ITEM frames and then exactly one DONE
 * frame. While a request runs the only other request accepted is INTERRUPT, which has no answer of its own.
 *
 * All integers are in the byte order of the machine: both ends are on it.
 */
#ifndef LUNATIK_UAPI_H
#define LUNATIK_UAPI_H

#include <linux/types.h>

/** Name of the device file, below /dev. */
#define LUNATIK_DEVICE "lunatik"

/** "LNTK": the first four bytes of every frame. */
#define LUNATIK_MAGIC 0x4b544e4cU

/**
 * Version of the protocol; both ends must have the same. The frame header keeps its layout in every version, so that a
 * mismatch can be told to the user: a frame of another version is answered with DONE, status LUNATIK_STATUS_VERSION,
 * and the session is closed for writing.
 */
#define LUNATIK_PROTOCOL 1

/** Largest payload of a request, in bytes: room for any source a person writes. Larger frames get LUNATIK_STATUS_USAGE. */
#define LUNATIK_REQUEST_MAX (16U << 20)

/** Longest name of a runtime, in bytes, without a terminator. */
#define LUNATIK_NAME_MAX 255

/** Head of every frame, in both directions. `length` counts the payload that follows, in bytes. */
struct lunatik_frame {
	__u32 magic;
	__u16 version;
	__u16 type; /* enum lunatik_frame_type */
	__u32 length;
	__u32 reserved; /* zero */
};

enum lunatik_frame_type {
	/*
	 * Requests. Their payload is a sequence of attributes; ( ) = optional, * = any number.
	 */
	LUNATIK_REQUEST_RUN = 1,	/* NAME (SOURCE) (EXPRESSION) (CONTEXT) (PERCPU) (MAXALLOC) ARGUMENT*: creates the runtime, runs the script in it */
	LUNATIK_REQUEST_SPAWN = 2,	/* as RUN, then starts a kernel thread that calls the function the script returned */
	LUNATIK_REQUEST_STOP = 3,	/* NAME: stops its thread and closes the runtime, even one that loops or blocks */
	LUNATIK_REQUEST_LIST = 4,	/* no attribute: one ITEM for each runtime */
	LUNATIK_REQUEST_EVAL = 5,	/* SOURCE (NAME = chunk name) (EXPRESSION) ARGUMENT*: runs it in the session's own runtime */
	LUNATIK_REQUEST_SHUTDOWN = 6,	/* no attribute: stops every runtime of the registry */
	LUNATIK_REQUEST_INTERRUPT = 7,	/* no attribute, no answer: ends what the running request runs, as Ctrl-C does */
	LUNATIK_REQUEST_LOG = 8,	/* (NAME) (FOLLOW): one RECORD for each line that scripts printed and each error they made */
	LUNATIK_REQUEST_COMPLETE = 9,	/* SOURCE: the words its last name may become in the session's runtime, as VALUEs */
	LUNATIK_REQUEST_CHECK = 10,	/* SOURCE (PATH): compiles it; each use of a global that nothing defines is a VALUE "line name" */

	/*
	 * Answers.
	 */
	LUNATIK_ANSWER_OUTPUT = 64,	/* payload: the very bytes a script printed */
	LUNATIK_ANSWER_ITEM = 65,	/* attributes of one runtime: NAME CONTEXT STATE MEMORY MAXALLOC CALLS ERRORS AGE BUSY NETNS (PERCPU) (THREAD) */
	LUNATIK_ANSWER_RECORD = 67,	/* SEQUENCE TIME KIND NAME MESSAGE: in order, each later than the one before */
	LUNATIK_ANSWER_DONE = 66,	/* STATUS (ERRNO) (MESSAGE) (TRACEBACK) VALUE* (INCOMPLETE) */
};

/**
 * Head of every attribute. `length` counts the value that follows, in bytes, without the zero padding that brings the
 * next attribute to a multiple of four. The last attribute is padded too.
 */
struct lunatik_attribute {
	__u32 type; /* enum lunatik_attribute_type */
	__u32 length;
};

enum lunatik_attribute_type {
	LUNATIK_ATTRIBUTE_NAME = 1,	/* bytes: the script's or runtime's name, such as "examples/echod/daemon" */
	LUNATIK_ATTRIBUTE_SOURCE = 2,	/* bytes: Lua source; without it the script is read from /lib/modules/lua/<name>.lua */
	LUNATIK_ATTRIBUTE_CONTEXT = 3,	/* u32: enum lunatik_context */
	LUNATIK_ATTRIBUTE_PERCPU = 4,	/* no value: one state per CPU */
	LUNATIK_ATTRIBUTE_MAXALLOC = 5,	/* u64: memory cap in bytes; 0 is the module's default */
	LUNATIK_ATTRIBUTE_ARGUMENT = 6,	/* bytes: one argument of the script, a string in its `...` */
	LUNATIK_ATTRIBUTE_EXPRESSION = 7,	/* no value: try `return SOURCE` first, as a REPL does */
	LUNATIK_ATTRIBUTE_STATUS = 8,	/* u32: enum lunatik_status */
	LUNATIK_ATTRIBUTE_ERRNO = 9,	/* u32: the positive errno behind the status, where one is */
	LUNATIK_ATTRIBUTE_MESSAGE = 10,	/* bytes: one line for a person, with file:line where there is one */
	LUNATIK_ATTRIBUTE_TRACEBACK = 11,	/* bytes: lines of luaL_traceback() */
	LUNATIK_ATTRIBUTE_VALUE = 12,	/* bytes: one result of EVAL, readable; one attribute for each result, in order */
	LUNATIK_ATTRIBUTE_INCOMPLETE = 13,	/* no value: SOURCE ended too early, a REPL should ask for another line */
	LUNATIK_ATTRIBUTE_STATE = 14,	/* u32: enum lunatik_runtime_state */
	LUNATIK_ATTRIBUTE_MEMORY = 15,	/* u64: bytes held now */
	LUNATIK_ATTRIBUTE_CALLS = 16,	/* u64: entries into the runtime since it was created */
	LUNATIK_ATTRIBUTE_ERRORS = 17,	/* u64: entries that ended with an error */
	LUNATIK_ATTRIBUTE_AGE = 18,	/* u64: nanoseconds since it was created */
	LUNATIK_ATTRIBUTE_NETNS = 19,	/* u32: inode number of its network namespace, as `lsns -t net` shows */
	LUNATIK_ATTRIBUTE_FAULT = 21,	/* u64: RUN, SPAWN, EVAL: the n-th allocation, and every one after it, fails; for tests */
	LUNATIK_ATTRIBUTE_PATH = 22,	/* bytes: RUN, SPAWN with SOURCE: where it came from, as error messages show it */
	LUNATIK_ATTRIBUTE_BUSY = 23,	/* u64: nanoseconds somebody ran inside it, as looked at every 10 ms */
	LUNATIK_ATTRIBUTE_SEQUENCE = 24,	/* u64: number of the record; gaps are records that others may not see or that made room */
	LUNATIK_ATTRIBUTE_TIME = 25,	/* u64: nanoseconds since 1970 */
	LUNATIK_ATTRIBUTE_KIND = 26,	/* u32: enum lunatik_kind_of_record */
	LUNATIK_ATTRIBUTE_FOLLOW = 27,	/* no value: go on with what comes, until INTERRUPT */
	LUNATIK_ATTRIBUTE_THREAD = 20,	/* u32: pid of its thread, if it was spawned and runs */
};

/** Where a runtime's handlers run; decides its lock and its allocations. */
enum lunatik_context {
	LUNATIK_CONTEXT_PROCESS = 0,
	LUNATIK_CONTEXT_SOFTIRQ = 1,
	LUNATIK_CONTEXT_HARDIRQ = 2,
};

enum lunatik_runtime_state {
	LUNATIK_STATE_LOADING = 0,	/* its script's body runs */
	LUNATIK_STATE_READY = 1,	/* its body ended; handlers may run */
	LUNATIK_STATE_RUNNING = 2,	/* a handler or thread is inside it at this moment */
	LUNATIK_STATE_STOPPING = 3,	/* stop was asked for; it is being closed */
};

/** What a record says. */
enum lunatik_kind_of_record {
	LUNATIK_RECORD_PRINT = 0,	/* a line of print() */
	LUNATIK_RECORD_ERROR = 1,	/* a line of an error that nobody caught */
	LUNATIK_RECORD_STARTED = 2,	/* its script has been loaded */
	LUNATIK_RECORD_STOPPED = 3,	/* it was closed */
	LUNATIK_RECORD_KILLED = 4,	/* it was closed, and nobody had asked for it, or its script still ran: the text says why */
	LUNATIK_RECORD_DETACHED = 5,	/* a hook of it was stopped, for failing or for what it cost: the text says which, and why */
};

/** How a request ended; the command line exits with the same number. */
enum lunatik_status {
	LUNATIK_STATUS_OK = 0,
	LUNATIK_STATUS_SCRIPT = 1,	/* the script raised an error, or does not compile */
	LUNATIK_STATUS_USAGE = 2,	/* the request makes no sense: bad name, unknown type, oversized */
	LUNATIK_STATUS_NOMODULE = 3,	/* for user space: the module is not loaded */
	LUNATIK_STATUS_PERMISSION = 4,
	LUNATIK_STATUS_VERSION = 5,	/* the other end speaks another version */
	LUNATIK_STATUS_NAME = 6,	/* no such script or runtime, or it runs already */
	LUNATIK_STATUS_LIMIT = 7,	/* ended by its time budget or memory cap */
	LUNATIK_STATUS_TIMEOUT = 8,
	LUNATIK_STATUS_INTERRUPTED = 130,
};

#endif /* LUNATIK_UAPI_H */
