// SPDX-License-Identifier: MIT OR GPL-2.0-only
/* net.h, net/sock.h, and the address families whose addresses scripts write in parts. */
#include <linux/fs.h>
#include <linux/if_packet.h>
#include <linux/in.h>
#include <linux/in6.h>
#include <linux/inet.h>
#include <linux/ipv6.h>
#include <linux/jiffies.h>
#include <linux/net.h>
#include <linux/poll.h>
#include <linux/sched.h>
#include <linux/socket.h>
#include <linux/tcp.h>
#include <linux/uio.h>
#include <linux/un.h>
#include <linux/wait.h>
#include <net/net_namespace.h>
#include <net/sock.h>
#include <net/tcp.h>
#include "lunatik/module.h"
#include "helpers.h"

/* ---- addresses ---- */

enum lunatik_h_form lunatik_h_form_of(int family)
{
	switch (family) {
	case AF_INET:
		return LUNATIK_H_INET;
	case AF_INET6:
		return LUNATIK_H_INET6;
	case AF_UNIX:
		return LUNATIK_H_UNIX;
	case AF_PACKET:
		return LUNATIK_H_PACKET;
	case AF_NETLINK:
		return LUNATIK_H_NETLINK;
	default:
		return LUNATIK_H_OTHER;
	}
}

/* A path as bind(2) takes it: of at most 108 bytes, without a zero in it unless that is the first of an abstract name. */
static int make_unix(const struct lunatik_h_address *address, struct sockaddr_un *name)
{
	if (address->size > sizeof(name->sun_path))
		return -ENAMETOOLONG;
	if (address->size && address->text[0] && memchr(address->text, 0, address->size))
		return -EINVAL;
	memcpy(name->sun_path, address->text, address->size);
	return offsetof(struct sockaddr_un, sun_path) + address->size;
}

static int make_packet(const struct lunatik_h_address *address, struct sockaddr_ll *name)
{
	if (address->size > LUNATIK_H_SOCKADDR - offsetof(struct sockaddr_ll, sll_addr) || address->size > MAX_ADDR_LEN)
		return -ENAMETOOLONG;
	name->sll_protocol = htons(address->first);
	name->sll_ifindex = address->second;
	name->sll_halen = address->size;
	memcpy(name->sll_addr, address->text, address->size);
	return max(sizeof(*name), offsetof(struct sockaddr_ll, sll_addr) + address->size);
}

/* Families check the size of what they get. */
static int least_size(int family)
{
	return family == AF_PACKET ? sizeof(struct sockaddr_ll) : family == AF_NETLINK ? sizeof(struct sockaddr_nl) : 0;
}

int lunatik_h_make_sockaddr(int family, enum lunatik_h_form form, const struct lunatik_h_address *address,
			    struct lunatik_h_sockaddr *to)
{
	struct sockaddr_storage *storage = (struct sockaddr_storage *)to->bytes;
	struct sockaddr_in *in = (struct sockaddr_in *)storage;
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)storage;
	struct sockaddr_nl *nl = (struct sockaddr_nl *)storage;
	int size;

	BUILD_BUG_ON(sizeof(*storage) != LUNATIK_H_SOCKADDR);
	memset(storage, 0, sizeof(*storage));
	storage->ss_family = family;
	switch (form) {
	case LUNATIK_H_INET:
		in->sin_addr.s_addr = htonl(address->first);
		in->sin_port = htons(address->second);
		size = sizeof(*in);
		break;
	case LUNATIK_H_INET6:
		if (address->size != sizeof(in6->sin6_addr))
			return -EINVAL;
		memcpy(&in6->sin6_addr, address->text, sizeof(in6->sin6_addr));
		in6->sin6_port = htons(address->second);
		in6->sin6_scope_id = address->third;
		size = sizeof(*in6);
		break;
	case LUNATIK_H_UNIX:
		size = make_unix(address, (struct sockaddr_un *)storage);
		break;
	case LUNATIK_H_PACKET:
		size = make_packet(address, (struct sockaddr_ll *)storage);
		break;
	case LUNATIK_H_NETLINK:
		nl->nl_pid = address->first;
		nl->nl_groups = address->second;
		size = sizeof(*nl);
		break;
	default:
		size = max_t(int, sizeof(sa_family_t) + address->size, least_size(family));
		if (address->size > sizeof(*storage) - sizeof(sa_family_t))
			return -ENAMETOOLONG;
		memcpy((char *)storage + sizeof(sa_family_t), address->text, address->size);
	}
	if (size < 0)
		return size;
	to->size = size;
	return 0;
}

/* @size is what the kernel says it has filled; nothing behind it is looked at. */
int lunatik_h_take_sockaddr(int family, const struct lunatik_h_sockaddr *from, struct lunatik_h_address *address)
{
	const struct sockaddr_storage *storage = (const struct sockaddr_storage *)from->bytes;
	const struct sockaddr_in *in = (const struct sockaddr_in *)storage;
	const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)storage;
	const struct sockaddr_nl *nl = (const struct sockaddr_nl *)storage;
	const struct sockaddr_ll *ll = (const struct sockaddr_ll *)storage;
	const struct sockaddr_un *un = (const struct sockaddr_un *)storage;
	size_t size = from->size < 0 ? 0 : min_t(size_t, from->size, LUNATIK_H_SOCKADDR);

	memset(address, 0, sizeof(*address));
	if (size < sizeof(sa_family_t) || storage->ss_family != family)
		return 0;
	switch (lunatik_h_form_of(family)) {
	case LUNATIK_H_INET:
		if (size < offsetofend(struct sockaddr_in, sin_addr))
			return 0;
		address->first = ntohl(in->sin_addr.s_addr);
		address->second = ntohs(in->sin_port);
		return 1;
	case LUNATIK_H_INET6:
		if (size < offsetofend(struct sockaddr_in6, sin6_addr))
			return 0;
		address->text = (const char *)&in6->sin6_addr;
		address->size = sizeof(in6->sin6_addr);
		address->second = ntohs(in6->sin6_port);
		address->third = size < offsetofend(struct sockaddr_in6, sin6_scope_id) ? 0 : in6->sin6_scope_id;
		return 1;
	case LUNATIK_H_UNIX:
		address->text = un->sun_path;
		address->size = size - offsetof(struct sockaddr_un, sun_path);
		/* The size of a path counts its final zero; that of an abstract name is all there is. */
		if (address->size && un->sun_path[0])
			address->size = strnlen(un->sun_path, address->size);
		return address->size > 0;
	case LUNATIK_H_PACKET:
		if (size < offsetof(struct sockaddr_ll, sll_addr))
			return 0;
		address->first = ntohs(ll->sll_protocol);
		address->second = ll->sll_ifindex;
		address->text = (const char *)ll->sll_addr;
		address->size = min_t(size_t, ll->sll_halen, size - offsetof(struct sockaddr_ll, sll_addr));
		return 1;
	case LUNATIK_H_NETLINK:
		if (size < sizeof(*nl))
			return 0;
		address->first = nl->nl_pid;
		address->second = nl->nl_groups;
		return 1;
	default:
		address->text = (const char *)storage + sizeof(sa_family_t);
		address->size = size - sizeof(sa_family_t);
		return address->size > 0;
	}
}

int lunatik_h_pton(const char *text, unsigned long size, unsigned char *to)
{
	const char *end;

	/* The longest text of an IPv6 address: both functions take an int. */
	if (!size || size > INET6_ADDRSTRLEN)
		return 0;
	if (in4_pton(text, size, to, -1, &end) && end == text + size)
		return 4;
	if (in6_pton(text, size, to, -1, &end) && end == text + size)
		return 16;
	return 0;
}

unsigned long lunatik_h_ntop(const unsigned char *address, unsigned long size, char *to, unsigned long room)
{
	return scnprintf(to, room, size == 4 ? "%pI4" : "%pI6c", address);
}

/* ---- life ---- */

/*
 * Sockets of the kernel do not hold their network namespace, which could go while TCP still works on a closed one. Since
 * "net: better track kernel sockets lifetime" (5c70eb5c593d, v6.14, and stable kernels) a function makes them; before that
 * "net: add netns refcount tracker to struct sock" (0cafd77dcd03, v6.2) had them tracked. Kbuild looks what there is.
 */
static void hold_net(struct sock *sk)
{
#ifdef LUNATIK_SK_NET_REFCNT_UPGRADE
	sk_net_refcnt_upgrade(sk);
#else
	struct net *net = sock_net(sk);

#ifdef LUNATIK_NETNS_TRACKER_FREE
	__netns_tracker_free(net, &sk->ns_tracker, false);
#endif
	sk->sk_net_refcnt = 1;
	get_net_track(net, &sk->ns_tracker, GFP_KERNEL);
	sock_inuse_add(net, 1);
#endif
}

/*
 * Families that do without what a socket of a program's has: a file, and memory of the caller's (XDP maps it, SMC follows the file, and
 * ALG's accept makes another kind of socket than the one it was called on).
 */
static bool is_known(int family, int protocol)
{
	switch (family) {
	case AF_INET:
	case AF_INET6:
		/* Whose accept may give a socket of TCP's, which kernel_accept() takes for its own. */
		return protocol != IPPROTO_MPTCP && protocol != 256 /* IPPROTO_SMC, since v6.11 */;
	case AF_UNIX:
	case AF_PACKET:
	case AF_NETLINK:
	case AF_VSOCK:
	case AF_CAN:
	case AF_TIPC:
	case AF_KEY:
		return true;
	default:
		return false;
	}
}

struct socket *lunatik_h_sock_create(struct net *net, int family, int type, int protocol, int *error)
{
	struct socket *sock;

	*error = -EAFNOSUPPORT;
	if (!is_known(family, protocol))
		return NULL;
	/* A runtime does not keep its namespace, which may be on its way out. */
	*error = -ENXIO;
	if (!maybe_get_net(net))
		return NULL;
	*error = sock_create_kern(net, family, type, protocol, &sock);
	if (*error) {
		put_net(net);
		return NULL;
	}
	if (!sock->sk->sk_net_refcnt)
		hold_net(sock->sk);
	put_net(net);
	/*
	 * Netlink asks a socket's file what its opener was allowed: for a message without an address, for another namespace, for a listener
	 * to all of them. The kernel's own sockets have none, and it would follow a NULL pointer.
	 */
	if (family == AF_NETLINK) {
		struct file *file = sock_alloc_file(sock, 0, NULL);

		/* It has released the socket then. */
		if (IS_ERR(file)) {
			*error = PTR_ERR(file);
			return NULL;
		}
	}
	return sock;
}

void lunatik_h_sock_release(struct socket *sock)
{
	/* Closing waits that long, whatever a script has set, and may be what a runtime's end waits for. */
	if (sock->sk && sock_flag(sock->sk, SOCK_LINGER) && READ_ONCE(sock->sk->sk_lingertime)) {
		unsigned long most = msecs_to_jiffies(lunatik_closingshare(1000));

		if (READ_ONCE(sock->sk->sk_lingertime) > most)
			WRITE_ONCE(sock->sk->sk_lingertime, most);
	}
	if (sock->file)
		fput(sock->file);
	else
		sock_release(sock);
}

int lunatik_h_sock_family(struct socket *sock)
{
	return sock->sk->sk_family;
}

int lunatik_h_sock_is_stream(struct socket *sock)
{
	return sock->type == SOCK_STREAM;
}

int lunatik_h_sock_type(long long wanted, int *nonblock)
{
	if (wanted & ~(long long)(SOCK_TYPE_MASK | SOCK_CLOEXEC | SOCK_NONBLOCK))
		return -EINVAL;
	*nonblock = !!(wanted & SOCK_NONBLOCK);
	return wanted & SOCK_TYPE_MASK;
}

/* ---- what sockets do ---- */

/* A task that exits closes its files last, among them a script's device, and has no root directory then to look up a path from. */
static bool is_lost(const struct socket *sock, const struct lunatik_h_sockaddr *name)
{
	return sock->sk->sk_family == AF_UNIX && !current->fs && name->size > sizeof(sa_family_t) && name->bytes[sizeof(sa_family_t)];
}

int lunatik_h_kernel_bind(struct socket *sock, struct lunatik_h_sockaddr *name)
{
	if (is_lost(sock, name))
		return -EINTR;
	return kernel_bind(sock, (struct sockaddr *)name->bytes, name->size);
}

int lunatik_h_kernel_listen(struct socket *sock, int backlog)
{
	return kernel_listen(sock, backlog);
}

int lunatik_h_somaxconn(void)
{
	return SOMAXCONN;
}

struct socket *lunatik_h_kernel_accept(struct socket *sock, int *error)
{
	struct socket *accepted;

	*error = kernel_accept(sock, &accepted, O_NONBLOCK);
	if (*error)
		return NULL;
	/* SCTP and TIPC make one of the kernel's, which would not hold its namespace. */
	if (!accepted->sk->sk_net_refcnt)
		hold_net(accepted->sk);
	return accepted;
}

int lunatik_h_kernel_connect(struct socket *sock, struct lunatik_h_sockaddr *name)
{
	if (is_lost(sock, name))
		return -EINTR;
	return kernel_connect(sock, (struct sockaddr *)name->bytes, name->size, O_NONBLOCK);
}

int lunatik_h_kernel_sock_shutdown(struct socket *sock, int how)
{
	return kernel_sock_shutdown(sock, how);
}

int lunatik_h_kernel_getname(struct socket *sock, int peer, struct lunatik_h_sockaddr *name)
{
	int size;

	memset(name->bytes, 0, sizeof(name->bytes));
	size = peer ? kernel_getpeername(sock, (struct sockaddr *)name->bytes)
		    : kernel_getsockname(sock, (struct sockaddr *)name->bytes);
	name->size = size;
	return size < 0 ? size : 0;
}

long lunatik_h_sock_sendmsg(struct socket *sock, const char *data, unsigned long size, int flags,
			    struct lunatik_h_sockaddr *name)
{
	struct msghdr message = { .msg_flags = flags | MSG_DONTWAIT | MSG_NOSIGNAL };
	struct kvec vector = { .iov_base = (void *)data, .iov_len = size };

	if (name) {
		if (is_lost(sock, name))
			return -EINTR;
		message.msg_name = name->bytes;
		message.msg_namelen = name->size;
	}
	iov_iter_kvec(&message.msg_iter, WRITE, &vector, 1, size);
	return sock_sendmsg(sock, &message);
}

/* With MSG_TRUNC, protocols return more than they copy, or copy nothing: what counts is how far the iterator went. */
long lunatik_h_sock_recvmsg(struct socket *sock, char *data, unsigned long size, int flags,
			    struct lunatik_h_sockaddr *name)
{
	struct msghdr message = { .msg_name = name->bytes };
	struct kvec vector = { .iov_base = data, .iov_len = size };
	int result;

	name->size = 0;
	iov_iter_kvec(&message.msg_iter, READ, &vector, 1, size);
	result = sock_recvmsg(sock, &message, flags | MSG_DONTWAIT);
	if (result < 0)
		return result;
	name->size = message.msg_namelen;
	return size - iov_iter_count(&message.msg_iter);
}

int lunatik_h_msg_flags(long long flags, enum lunatik_h_direction direction)
{
	const long long allowed = direction == LUNATIK_H_SEND ?
		MSG_OOB | MSG_DONTROUTE | MSG_PROBE | MSG_DONTWAIT | MSG_EOR | MSG_FIN | MSG_CONFIRM | MSG_NOSIGNAL |
		MSG_MORE | MSG_FASTOPEN :
		MSG_OOB | MSG_PEEK | MSG_TRUNC | MSG_DONTWAIT | MSG_WAITALL | MSG_ERRQUEUE | MSG_NOSIGNAL |
		MSG_CMSG_CLOEXEC;

	return flags & ~allowed ? -EINVAL : (int)flags;
}

int lunatik_h_msg_dontwait(int flags)
{
	return !!(flags & (MSG_DONTWAIT | MSG_ERRQUEUE));
}

int lunatik_h_msg_waitall(int flags)
{
	return flags & MSG_WAITALL && !(flags & (MSG_PEEK | MSG_OOB));
}

/* ---- options ---- */

int lunatik_h_is_timeout(int level, int option, enum lunatik_h_direction *direction)
{
	if (level != SOL_SOCKET)
		return 0;
	*direction = option == SO_SNDTIMEO_OLD ? LUNATIK_H_SEND : LUNATIK_H_RECEIVE;
	return option == SO_RCVTIMEO_OLD || option == SO_SNDTIMEO_OLD;
}

long lunatik_h_sock_timeout(struct socket *sock, enum lunatik_h_direction direction)
{
	long jiffies = direction == LUNATIK_H_SEND ? READ_ONCE(sock->sk->sk_sndtimeo) : READ_ONCE(sock->sk->sk_rcvtimeo);

	return jiffies == MAX_SCHEDULE_TIMEOUT ? -1 : min_t(long, jiffies_to_msecs(jiffies), INT_MAX);
}

int lunatik_h_set_timeout(struct socket *sock, enum lunatik_h_direction direction, long long milliseconds)
{
	struct __kernel_sock_timeval time = { .tv_sec = milliseconds / 1000, .tv_usec = milliseconds % 1000 * 1000 };

	return lunatik_h_setsockopt(sock, SOL_SOCKET, direction == LUNATIK_H_SEND ? SO_SNDTIMEO_NEW : SO_RCVTIMEO_NEW, &time,
				    sizeof(time));
}

/* MPTCP takes the options of SOL_SOCKET itself. "net: introduce and use custom sockopt socket flag" (v6.8) made that a flag. */
static bool has_own_socket_options(const struct socket *sock)
{
#ifdef SOCK_CUSTOM_SOCKOPT
	return test_bit(SOCK_CUSTOM_SOCKOPT, &sock->flags);
#else
	return sock->sk->sk_protocol == IPPROTO_MPTCP && sock->sk->sk_type == SOCK_STREAM &&
	       (sock->sk->sk_family == AF_INET || sock->sk->sk_family == AF_INET6);
#endif
}

static int set_option(struct socket *sock, int level, int option, void *value, unsigned int size)
{
	sockptr_t pointer = KERNEL_SOCKPTR(value);

	if (level == SOL_SOCKET && !has_own_socket_options(sock))
		return sock_setsockopt(sock, level, option, pointer, size);
	if (!sock->ops->setsockopt)
		return -EOPNOTSUPP;
	return sock->ops->setsockopt(sock, level, option, pointer, size);
}

int lunatik_h_setsockopt(struct socket *sock, int level, int option, const void *value, unsigned int size)
{
	void *copy;
	int error;

	/* Some name files, of which a task that exits has none any more. */
	if (!current->files)
		return -EINTR;
	/* MPTCP lets the kernel's own sockets become a part of a connection of its own that is not there. */
	if (level == SOL_TCP && option == TCP_ULP && (size < 3 || size > 4 || memcmp(value, "tls", size)))
		return -ENOENT;
	/* Some write back, and the value may be a string of Lua's. */
	copy = kmemdup(value, size, GFP_KERNEL);
	if (!copy)
		return -ENOMEM;
	error = set_option(sock, level, option, copy, size);
	kfree(copy);
	return error;
}

static int get_socket_option(struct sock *sk, int option, int *value)
{
	switch (option) {
	case SO_DEBUG:
		*value = sock_flag(sk, SOCK_DBG);
		return 0;
	case SO_REUSEADDR:
		*value = sk->sk_reuse;
		return 0;
	case SO_REUSEPORT:
		*value = sk->sk_reuseport;
		return 0;
	case SO_TYPE:
		*value = sk->sk_type;
		return 0;
	case SO_DOMAIN:
		*value = sk->sk_family;
		return 0;
	case SO_PROTOCOL:
		*value = sk->sk_protocol;
		return 0;
	case SO_ACCEPTCONN:
		*value = sk->sk_state == TCP_LISTEN;
		return 0;
	case SO_ERROR:
		*value = -sock_error(sk);
		return 0;
	case SO_DONTROUTE:
		*value = sock_flag(sk, SOCK_LOCALROUTE);
		return 0;
	case SO_BROADCAST:
		*value = sock_flag(sk, SOCK_BROADCAST);
		return 0;
	case SO_KEEPALIVE:
		*value = sock_flag(sk, SOCK_KEEPOPEN);
		return 0;
	case SO_OOBINLINE:
		*value = sock_flag(sk, SOCK_URGINLINE);
		return 0;
	case SO_SNDBUF:
		*value = READ_ONCE(sk->sk_sndbuf);
		return 0;
	case SO_RCVBUF:
		*value = READ_ONCE(sk->sk_rcvbuf);
		return 0;
	case SO_RCVLOWAT:
		*value = READ_ONCE(sk->sk_rcvlowat);
		return 0;
	case SO_PRIORITY:
		*value = READ_ONCE(sk->sk_priority);
		return 0;
	case SO_MARK:
		*value = READ_ONCE(sk->sk_mark);
		return 0;
	case SO_INCOMING_CPU:
		*value = READ_ONCE(sk->sk_incoming_cpu);
		return 0;
	case SO_BINDTOIFINDEX:
		*value = READ_ONCE(sk->sk_bound_dev_if);
		return 0;
	default:
		return -ENOPROTOOPT;
	}
}

/* Other options are read by functions of the protocols that only write to user memory. */
int lunatik_h_getsockopt(struct socket *sock, int level, int option, int *value)
{
	struct sock *sk = sock->sk;

	if (level == SOL_SOCKET)
		return get_socket_option(sk, option, value);
	if (level == SOL_TCP && option == TCP_NODELAY && sk->sk_protocol == IPPROTO_TCP && sk->sk_type == SOCK_STREAM &&
	    (sk->sk_family == AF_INET || sk->sk_family == AF_INET6)) {
		*value = !!(tcp_sk(sk)->nonagle & TCP_NAGLE_OFF);
		return 0;
	}
	if (level == SOL_IPV6 && option == IPV6_V6ONLY && sk->sk_family == AF_INET6) {
		*value = ipv6_only_sock(sk);
		return 0;
	}
	return -ENOPROTOOPT;
}

/* ---- waiting ---- */

struct waiter {
	wait_queue_entry_t entry;
	struct socket *sock;
	__poll_t events;
	const unsigned char *closed;
	int trusting, told;
};

/* Runs on the waker's side. A sent datagram that is freed wakes everybody, to send: not who receives. */
static int wake_waiter(wait_queue_entry_t *entry, unsigned int mode, int sync, void *key)
{
	struct waiter *waiter = container_of(entry, struct waiter, entry);

	if (key && !(key_to_poll(key) & (waiter->events | EPOLLERR | EPOLLHUP)))
		return 0;
	/* Seen by who wakes up for it: waking is a barrier. */
	if (key)
		WRITE_ONCE(waiter->told, waiter->trusting);
	return default_wake_function(entry, mode, sync, key);
}

/* Sockets of the kernel have no file, but protocols look at its flags: none is set. */
static struct file no_file;

/* An error counts, but not EPOLLERR: that also stands for an error queue, of which receiving knows nothing. */
static int can_try(void *argument)
{
	struct waiter *waiter = argument;
	struct socket *sock = waiter->sock;

	if (READ_ONCE(waiter->told) || READ_ONCE(*waiter->closed) || READ_ONCE(sock->sk->sk_err))
		return 1;
	return !sock->ops->poll || sock->ops->poll(&no_file, sock, NULL) & waiter->events;
}

long lunatik_h_sock_wait(lunatik_object_t *runtime, struct socket *sock, enum lunatik_h_direction direction,
			 const unsigned char *closed, long milliseconds, int trusting)
{
	struct waiter waiter = {
		.sock = sock,
		.events = EPOLLHUP | (direction == LUNATIK_H_SEND ? EPOLLOUT | EPOLLWRNORM
								   : EPOLLIN | EPOLLRDNORM | EPOLLPRI | EPOLLRDHUP),
		.closed = closed,
		.trusting = trusting,
	};
	long left;

	init_waitqueue_func_entry(&waiter.entry, wake_waiter);
	waiter.entry.private = current;
	add_wait_queue(sk_sleep(sock->sk), &waiter.entry);
	left = lunatik_wait(runtime, NULL, can_try, &waiter, milliseconds, TASK_INTERRUPTIBLE);
	remove_wait_queue(sk_sleep(sock->sk), &waiter.entry);
	return left;
}

long lunatik_h_sock_rest(lunatik_object_t *runtime, long milliseconds)
{
	return lunatik_sleep(runtime, milliseconds, TASK_INTERRUPTIBLE);
}

void lunatik_h_sock_wake(struct socket *sock)
{
	wake_up_interruptible_all(sk_sleep(sock->sk));
}

LUNATIK_MODULE(socket, "Lua library: sockets");
