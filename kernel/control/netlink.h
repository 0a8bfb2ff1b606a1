/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * Between the generic netlink family (netlink.c) and the core (states.cpp): messages are the one's, what they ask for the other's.
 */
#ifndef LUNATIK_CONTROL_NETLINK_H
#define LUNATIK_CONTROL_NETLINK_H

#ifdef __cplusplus
extern "C" {
#endif

struct net;
struct nlmsghdr;
struct sk_buff;
struct task_struct;
struct lunatik_exec;
struct lunatik_closing;

/** Registers and removes the family. */
int lunatik_netlink_init(void);
void lunatik_netlink_exit(void);

/** The core's part of it: what events are made from, and the end of namespaces. */
int lunatik_states_init(void);
void lunatik_states_exit(void);

/** What an event says. */
struct lunatik_event {
	unsigned long long network;	/* cookie of its namespace */
	unsigned int kind;	/* LUNATIK_RECORD_* */
	unsigned long long sequence;
	unsigned long long time;
	const char *name;
	unsigned long name_size;
	const char *text;
	unsigned long text_size;
};
/** Sends it to those of its namespace who listen. Context: process. */
void lunatik_netlink_event(const struct lunatik_event *event);

/** What GET shows of a state. */
struct lunatik_state_info {
	const char *name;
	unsigned long name_size;
	unsigned int context;
	unsigned int state;
	unsigned long long memory;
	unsigned long long maxalloc;
	unsigned long long calls;
	unsigned long long errors;
	unsigned long long age;
	unsigned long long busy;
	unsigned int users;
	unsigned long long script_size;
	int in_use;
	unsigned int generation;	/* of the states there are: another one when some came or went; never 0 */
};
/** Shows one; nonzero if there was room for it. It may not sleep for long and not call back. */
typedef int (*lunatik_show_state)(void *context, const struct lunatik_state_info *info);

/** Where a walk through the states of a namespace stands; zeroed at first. */
struct lunatik_cursor {
	unsigned int bucket;
	unsigned int skip;
	unsigned int generation;	/* of the states there were when it last went on */
};

/*
 * All of these are called in process context and may sleep. Errors are negative errnos; @message is set to static text with
 * them.
 */

/** Makes a state. Errors: EINVAL (the name), EEXIST, ENOMEM. */
int lunatik_state_create(struct net *net, const char *name, unsigned long size, unsigned long long maxalloc, const char **message);
/** Shows one state. Errors: ENOENT, EMSGSIZE if @show had no room. */
int lunatik_state_show(struct net *net, const char *name, unsigned long size, lunatik_show_state show, void *context,
		       const char **message);
/** Shows all from @cursor on; nonzero when it has come to the end. */
int lunatik_state_walk(struct net *net, struct lunatik_cursor *cursor, lunatik_show_state show, void *context);

/** Takes a state out of its namespace, to be closed by lunatik_state_close(), which frees @closing. Errors: ENOENT, EBUSY, ENOMEM. */
int lunatik_state_withdraw(struct net *net, const char *name, unsigned long size, struct lunatik_closing **closing, const char **message);
/** Closes it, ending what runs in it. Returns 0, or -ETIMEDOUT if the kernel keeps that; it is closed when it returns. */
int lunatik_state_close(struct lunatik_closing *closing);

/**
 * Makes ready to run code in a state. @code must outlive it; @before, unless NULL, are kvmalloc()ed bytes of code that come first,
 * which become its own in any case. @timeout: milliseconds after which it ends, 0: never. Errors: ENOENT, EOPNOTSUPP (no process runtime), ENOMEM.
 */
int lunatik_exec_begin(struct net *net, const char *name, unsigned long size, char *before, unsigned long before_size,
		       const char *code, unsigned long code_size, unsigned long long timeout, struct lunatik_exec **exec,
		       const char **message);
/** Runs it, once, in the calling task. */
void lunatik_exec_run(struct lunatik_exec *exec);
/** Room for whoever sent it, of which nothing else is done here. */
struct lunatik_sender {
	void (*destructor)(struct sk_buff *message);	/* that the message had */
	const struct task_struct *task;
	const struct nlmsghdr *head;
	struct sk_buff *answer;
	/* While the answer is kept: where it stands, and whose it is. */
	struct lunatik_sender *next;
	struct lunatik_exec *exec;
	const struct net *net;
	unsigned int portid;
	unsigned int seq;
};
struct lunatik_sender *lunatik_exec_sender(struct lunatik_exec *exec);
/** Bytes that its answer takes at most, as attributes. */
unsigned long lunatik_exec_size(const struct lunatik_exec *exec);
/** The next part of its answer, a LUNATIK_GENL_A_*; 0 when there is no further one. */
unsigned int lunatik_exec_part(struct lunatik_exec *exec, const char **data, unsigned long *size);
/** So many bytes of that part have been sent; all of them ends the part. */
void lunatik_exec_sent(struct lunatik_exec *exec, unsigned long count);
/** No part has been sent. */
void lunatik_exec_rewind(struct lunatik_exec *exec);
void lunatik_exec_end(struct lunatik_exec *exec);

#ifdef __cplusplus
}
#endif

#endif
