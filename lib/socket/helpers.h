/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * The kernel's sockets for socket.cpp. All functions are called in process context and may sleep for a socket's lock,
 * but none waits for the network: what would block returns -EAGAIN, and lunatik_h_sock_wait() waits for the next try.
 */
#ifndef LUNATIK_SOCKET_HELPERS_H
#define LUNATIK_SOCKET_HELPERS_H

#include "lunatik/abi.h"

#ifdef __cplusplus
extern "C" {
#endif

struct socket;
struct net;

extern const struct lunatik_constant lunatik_socket_af[];
extern const struct lunatik_constant lunatik_socket_sock[];
extern const struct lunatik_constant lunatik_socket_ipproto[];
extern const struct lunatik_constant lunatik_socket_msg[];
extern const struct lunatik_constant lunatik_socket_sol[];
extern const struct lunatik_constant lunatik_socket_so[];
extern const struct lunatik_constant lunatik_socket_tcp[];
extern const struct lunatik_constant lunatik_socket_ipv6[];

/* ---- addresses ---- */

enum { LUNATIK_H_SOCKADDR = 128 };

/** A struct sockaddr_storage, and how much of it is used. */
struct lunatik_h_sockaddr {
	unsigned char bytes[LUNATIK_H_SOCKADDR] __attribute__((aligned(8)));
	int size;
};

/** How scripts write the addresses of a family. */
enum lunatik_h_form {
	LUNATIK_H_INET,		/* integer, port */
	LUNATIK_H_INET6,	/* 16 bytes, port, scope */
	LUNATIK_H_UNIX,		/* path */
	LUNATIK_H_PACKET,	/* protocol, interface, hardware address */
	LUNATIK_H_NETLINK,	/* port id, groups */
	LUNATIK_H_OTHER,	/* the bytes behind the family */
};

/** An address taken apart; which members are used depends on the form. @text is inside what it was taken from. */
struct lunatik_h_address {
	unsigned int first;	/* IPv4 address, protocol, port id */
	unsigned int second;	/* port, interface, groups */
	unsigned int third;	/* scope */
	const char *text;
	unsigned long size;
};

/** The form of a family's addresses. */
enum lunatik_h_form lunatik_h_form_of(int family);
/** Makes a sockaddr. Returns 0, -EINVAL for a text that is no address of the family, -ENAMETOOLONG for one that is too long. */
int lunatik_h_make_sockaddr(int family, enum lunatik_h_form form, const struct lunatik_h_address *address,
			    struct lunatik_h_sockaddr *to);
/** Takes a sockaddr apart. Returns 0 if it names nobody. */
int lunatik_h_take_sockaddr(int family, const struct lunatik_h_sockaddr *from, struct lunatik_h_address *address);
/** in4_pton(), in6_pton(): 4 or 16 for an address of that many bytes in @to, in network order; 0 if @text is none. */
int lunatik_h_pton(const char *text, unsigned long size, unsigned char *to);
/** "%pI4", "%pI6c": the text of 4 or 16 bytes. Returns its length. */
unsigned long lunatik_h_ntop(const unsigned char *address, unsigned long size, char *to, unsigned long room);

/* ---- sockets ---- */

enum lunatik_h_direction { LUNATIK_H_RECEIVE, LUNATIK_H_SEND };

/**
 * sock_create_kern(): a socket that holds @net as a program's would, so that what TCP does after close finds it. @type
 * without flags. NULL and @error on failure.
 */
struct socket *lunatik_h_sock_create(struct net *net, int family, int type, int protocol, int *error);
/** sock_release(), or fput() of one that has a file, whose end comes a little later. Lingers as lunatik_closingshare() says, for a second at most. */
void lunatik_h_sock_release(struct socket *sock);
int lunatik_h_sock_family(struct socket *sock);
int lunatik_h_sock_is_stream(struct socket *sock);
/** Splits what a script gives as a type into type (the result) and flags: -EINVAL for others than CLOEXEC and NONBLOCK. */
int lunatik_h_sock_type(long long wanted, int *nonblock);

int lunatik_h_kernel_bind(struct socket *sock, struct lunatik_h_sockaddr *name);
int lunatik_h_kernel_listen(struct socket *sock, int backlog);
int lunatik_h_somaxconn(void);
/** kernel_accept(O_NONBLOCK): NULL and @error on failure. */
struct socket *lunatik_h_kernel_accept(struct socket *sock, int *error);
/** kernel_connect(O_NONBLOCK). */
int lunatik_h_kernel_connect(struct socket *sock, struct lunatik_h_sockaddr *name);
int lunatik_h_kernel_sock_shutdown(struct socket *sock, int how);
/** kernel_getsockname(), kernel_getpeername(). Returns 0 or a negative errno. */
int lunatik_h_kernel_getname(struct socket *sock, int peer, struct lunatik_h_sockaddr *name);
/** sock_sendmsg(MSG_DONTWAIT | MSG_NOSIGNAL): bytes sent or a negative errno. @name may be NULL. */
long lunatik_h_sock_sendmsg(struct socket *sock, const char *data, unsigned long size, int flags,
			    struct lunatik_h_sockaddr *name);
/** sock_recvmsg(MSG_DONTWAIT): bytes that were written to @data, or a negative errno; @name is of size 0 without a peer. */
long lunatik_h_sock_recvmsg(struct socket *sock, char *data, unsigned long size, int flags,
			    struct lunatik_h_sockaddr *name);
/** Which of a script's message flags the kernel may see: -EINVAL for those that are about user memory, or the kernel's own. */
int lunatik_h_msg_flags(long long flags, enum lunatik_h_direction direction);
int lunatik_h_msg_dontwait(int flags);	/* MSG_DONTWAIT, or MSG_ERRQUEUE, which never waits */
int lunatik_h_msg_waitall(int flags);	/* MSG_WAITALL of bytes that are taken */

/** Milliseconds of SO_RCVTIMEO and SO_SNDTIMEO, negative for no limit. */
long lunatik_h_sock_timeout(struct socket *sock, enum lunatik_h_direction direction);
/** Whether an option is one of these two. */
int lunatik_h_is_timeout(int level, int option, enum lunatik_h_direction *direction);
/** Sets one; 0 or less is no limit. */
int lunatik_h_set_timeout(struct socket *sock, enum lunatik_h_direction direction, long long milliseconds);
int lunatik_h_setsockopt(struct socket *sock, int level, int option, const void *value, unsigned int size);
/** The integer options of sockets, and a few of TCP and IPv6: 0, or -ENOPROTOOPT. */
int lunatik_h_getsockopt(struct socket *sock, int level, int option, int *value);

/**
 * Waits until the socket can be tried again: lunatik_wait() on the socket's own queue, ->poll() as its condition.
 * Returns at once when *@closed is nonzero. If @trusting, who wakes it is believed and ->poll() not asked again: somebody else may
 * have been quicker. @milliseconds and the result as for lunatik_wait().
 */
long lunatik_h_sock_wait(lunatik_object_t *runtime, struct socket *sock, enum lunatik_h_direction direction,
			 const unsigned char *closed, long milliseconds, int trusting);
/** Waits for a time: 0 when it is over, nonzero when the runtime is to end, or on a signal. */
long lunatik_h_sock_rest(lunatik_object_t *runtime, long milliseconds);
/** Wakes whoever waits there. */
void lunatik_h_sock_wake(struct socket *sock);

#ifdef __cplusplus
}
#endif

#endif
