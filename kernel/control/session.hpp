/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * Sessions: what is behind an open /dev/lunatik (include/lunatik/uapi.h). The client's system calls only move bytes; the
 * requests are run by a thread of the session's own, so that a client can always be interrupted and killed, whatever its
 * script does. The device file's operations (control/device.c) call the functions at the end.
 */
#pragma once

#ifdef __cplusplus
extern "C" {
#endif

struct lunatik_session;
struct net;

/** Makes a session for the calling task's network namespace. Returns NULL without memory. */
struct lunatik_session *lunatik_session_open(void);
/** The client is gone: ends what runs; the session goes when that has ended. Does not wait. */
void lunatik_session_release(struct lunatik_session *session);
/** Takes bytes of requests from user memory, without waiting. Returns how many, -EFAULT, or -EPIPE once out of step. */
long lunatik_session_write(struct lunatik_session *session, const void *user, unsigned long size);
/** Gives bytes of answers to user memory. Returns how many, 0 at the end, or -EAGAIN, -EINTR, -EFAULT. */
long lunatik_session_read(struct lunatik_session *session, void *user, unsigned long size, int nonblock);
/** Bit 0: read() would return at once; bit 1: so would write(). */
unsigned int lunatik_session_poll(struct lunatik_session *session);
/** Whether a request waits or runs, so that the client has an answer to come. */
bool lunatik_session_busy(struct lunatik_session *session);
/** The wait queue that both kinds of waiters sleep on. */
void *lunatik_session_waitqueue(struct lunatik_session *session);

/** Registers and removes /dev/lunatik. */
int lunatik_device_init(void);
void lunatik_device_exit(void);

#ifdef __cplusplus
}
#endif
