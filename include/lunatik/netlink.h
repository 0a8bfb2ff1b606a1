/* SPDX-License-Identifier: (MIT OR GPL-2.0-only) WITH Linux-syscall-note */
/*
 * The generic netlink family "lunatik": named states for each network namespace, and a multicast group of events. Shared by the
 * kernel module and user space.
 *
 * A socket sees the states of the network namespace it was made in. Errors carry a text (NETLINK_EXT_ACK).
 *
 * CLOSE is a dump request, so that what takes long takes it in the client's own receive call, where a signal that ends the
 * client ends it. The first message of the answer only says that the request was accepted; what follows it is made when that one
 * is received.
 *
 * EXEC is that too, and the code runs once, when the first message is received. Or it is no dump, and the code runs in the client's send
 * call, of which it must be the last message, with nothing behind it. The answer is one message of at most LUNATIK_GENL_ANSWER_MAX bytes
 * then, and the acknowledgement, if one was asked for, comes after it. If there is more to say than such a message holds, it has nothing
 * but REST, a number; a dump of EXEC with the same REST gives the answer, once, as long as the socket is open and has run nothing since
 * whose answer is kept as well.
 *
 * An EXEC that is no dump is refused, and nothing has run, with ENOBUFS while the socket is too full for an answer, and with ENOMEM. If a
 * receive call fails with ENOBUFS, messages were lost, as with any netlink socket: code whose answer did not come may have run. The
 * answer that was lost last is kept, and a dump with the request's own number (nlmsg_seq) as REST gives it.
 */
#ifndef LUNATIK_NETLINK_H
#define LUNATIK_NETLINK_H

#include <linux/types.h>

#define LUNATIK_GENL_NAME "lunatik"
#define LUNATIK_GENL_VERSION 1
#define LUNATIK_GENL_EVENTS "events"

enum lunatik_genl_command {
	LUNATIK_GENL_UNSPEC,
	LUNATIK_GENL_CREATE,	/* NAME (MAXALLOC): makes a state */
	LUNATIK_GENL_CLOSE,	/* dump; NAME: ends what runs in it and closes it. Answer: NAME, then STATUS (MESSAGE) */
	LUNATIK_GENL_GET,	/* NAME: one state; as a dump, without NAME: all of the namespace. NAME CONTEXT STATE MEMORY MAXALLOC CALLS
				 * ERRORS AGE BUSY USERS SCRIPTSIZE (INUSE) */
	LUNATIK_GENL_CODE,	/* OFFSET CODE: keeps a piece of code for this socket's next EXEC; offset 0 begins anew */
	LUNATIK_GENL_EXEC,	/* NAME (OFFSET) (CODE) (TIMEOUT): runs the OFFSET bytes kept before, and CODE, as one chunk. Answer, after one with the
				 * NAME if it is a dump: OUTPUT* (LOST) VALUE* (MESSAGE) (TRACEBACK) (ERRNO) STATUS; the status is the last. Or,
				 * if it is no dump, REST. A dump with that REST and nothing else gives the answer that was kept */
	LUNATIK_GENL_EVENT,	/* multicast: SEQUENCE TIME KIND NAME MESSAGE */
	LUNATIK_GENL_COMMANDS,
};

enum lunatik_genl_attribute {
	LUNATIK_GENL_A_UNSPEC,
	LUNATIK_GENL_A_NAME,	/* string: of a state */
	LUNATIK_GENL_A_MAXALLOC,	/* u64: memory cap in bytes; 0 is the module's default */
	LUNATIK_GENL_A_CODE,	/* bytes of Lua source */
	LUNATIK_GENL_A_OFFSET,	/* u64: how many bytes of code came before; at most LUNATIK_REQUEST_MAX in all */
	LUNATIK_GENL_A_OUTPUT,	/* bytes that the code printed */
	LUNATIK_GENL_A_VALUE,	/* bytes: one result of the code, as tostring() gives it */
	LUNATIK_GENL_A_MORE,	/* flag: the attribute before it goes on in the next attribute that is not this one */
	LUNATIK_GENL_A_LOST,	/* u64: bytes printed beyond what an answer holds */
	LUNATIK_GENL_A_STATUS,	/* u32: enum lunatik_status (lunatik/uapi.h) */
	LUNATIK_GENL_A_ERRNO,	/* u32: the positive errno behind the status */
	LUNATIK_GENL_A_MESSAGE,	/* string: what went wrong; of an event its text */
	LUNATIK_GENL_A_TRACEBACK,	/* string */
	LUNATIK_GENL_A_CONTEXT,	/* u32: enum lunatik_context */
	LUNATIK_GENL_A_STATE,	/* u32: enum lunatik_runtime_state (lunatik/uapi.h) */
	LUNATIK_GENL_A_MEMORY,	/* u64: bytes held now */
	LUNATIK_GENL_A_CALLS,	/* u64: entries since it was made */
	LUNATIK_GENL_A_ERRORS,	/* u64: entries that ended with an error */
	LUNATIK_GENL_A_AGE,	/* u64: nanoseconds */
	LUNATIK_GENL_A_BUSY,	/* u64: nanoseconds somebody was inside it */
	LUNATIK_GENL_A_USERS,	/* u32: references of kernel modules */
	LUNATIK_GENL_A_SCRIPTSIZE,	/* u64: bytes of the code that EXEC ran last */
	LUNATIK_GENL_A_INUSE,	/* flag: EXEC runs in it */
	LUNATIK_GENL_A_SEQUENCE,	/* u64: number of the record; gaps are records of other namespaces, or lost ones */
	LUNATIK_GENL_A_TIME,	/* u64: nanoseconds since 1970 */
	LUNATIK_GENL_A_KIND,	/* u32: enum lunatik_kind_of_record (lunatik/uapi.h) */
	LUNATIK_GENL_A_PAD,
	LUNATIK_GENL_A_TIMEOUT,	/* u64: milliseconds after which EXEC ends, waiting for others included: status TIMEOUT; 0 is never */
	LUNATIK_GENL_A_REST,	/* u32: which answer is kept: the nlmsg_seq of the EXEC */
	LUNATIK_GENL_ATTRIBUTES,
};

#define LUNATIK_GENL_A_MAX (LUNATIK_GENL_ATTRIBUTES - 1)

/** The most bytes of an answer to an EXEC that is no dump: what a client should have room for. */
#define LUNATIK_GENL_ANSWER_MAX 3584

#endif
