// SPDX-License-Identifier: MIT OR GPL-2.0-only
/* The generic netlink family "lunatik" (include/lunatik/netlink.h): messages. What they ask for is states.cpp's. */
#include <linux/capability.h>
#include <linux/fs.h>
#include <linux/list.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/netlink.h>
#include <linux/notifier.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>
#include <linux/workqueue.h>
#include <net/genetlink.h>
#include <net/netlink.h>
#include <net/net_namespace.h>
#include <net/sock.h>
#include "control/netlink.h"
#include "lunatik/netlink.h"
#include "lunatik/uapi.h"

/* Nothing else waits for a task that was preempted behind the module_put() of run_request(). */
#if defined(CONFIG_PREEMPTION) && !defined(CONFIG_TASKS_RCU)
#error "A kernel with CONFIG_PREEMPTION must have CONFIG_TASKS_RCU, which e.g. CONFIG_KPROBES, CONFIG_BPF_JIT or CONFIG_FTRACE bring"
#endif

static struct genl_family family;

static const struct nla_policy policy[] = {
	[LUNATIK_GENL_A_NAME] = { .type = NLA_STRING, .len = LUNATIK_NAME_MAX },
	[LUNATIK_GENL_A_MAXALLOC] = { .type = NLA_U64 },
	[LUNATIK_GENL_A_CODE] = { .type = NLA_BINARY },
	[LUNATIK_GENL_A_OFFSET] = { .type = NLA_U64 },
	[LUNATIK_GENL_A_TIMEOUT] = { .type = NLA_U64 },
	[LUNATIK_GENL_A_REST] = { .type = NLA_U32 },
};

/* Text that is static, though no literal here. */
static void say(struct netlink_ext_ack *extack, const char *message)
{
	if (extack)
		extack->_msg = message;
}

/*
 * Scripts run with the kernel's own rights and may require anything, so root of a container may not make, close or use a state,
 * and may not read what scripts say; docs/safety.md says more. The opener of the socket must be allowed to as well.
 */
static int check_permission(struct sk_buff *skb, struct netlink_ext_ack *extack)
{
	if (netlink_capable(skb, CAP_SYS_ADMIN))
		return 0;
	say(extack, "scripts run with the kernel's rights: CAP_SYS_ADMIN in the initial user namespace is needed");
	return -EPERM;
}

/* The name, without a terminating zero, which it need not have. */
static int take_name(struct nlattr **attrs, const char **name, unsigned long *size, struct netlink_ext_ack *extack)
{
	const struct nlattr *attr = attrs[LUNATIK_GENL_A_NAME];

	if (!attr) {
		say(extack, "the name of a state is missing");
		return -EINVAL;
	}
	*name = nla_data(attr);
	*size = nla_len(attr);
	if (*size && !(*name)[*size - 1])
		(*size)--;
	return 0;
}

/* ---- what waits for an EXEC of its socket: pieces of code, an answer that could not be sent as a message ---- */

struct pieces {
	struct list_head list;
	struct net *net;	/* compared only; the socket keeps it */
	u32 portid;
	size_t size, room;
	char *data;
};

static LIST_HEAD(all_pieces);
/* Answers, at most one for each socket. */
static struct lunatik_sender *all_rests;
/* Those of sockets that are closed. */
static struct lunatik_sender *dropped_rests;
/* Keeps all three. */
static DEFINE_MUTEX(pieces_lock);

static struct pieces *find_pieces(const struct net *net, u32 portid)
{
	struct pieces *p;

	list_for_each_entry(p, &all_pieces, list) {
		if (p->portid == portid && p->net == net)
			return p;
	}
	return NULL;
}

static void free_pieces(struct pieces *p)
{
	list_del(&p->list);
	kvfree(p->data);
	kfree(p);
}

/* Takes the answer that a socket has, with the lock; with @seq only if it is that request's. */
static struct lunatik_sender *unlink_rest(const struct net *net, u32 portid, const u32 *seq)
{
	struct lunatik_sender **at, *found;

	for (at = &all_rests; (found = *at); at = &found->next) {
		if (found->portid != portid || found->net != net)
			continue;
		if (seq && found->seq != *seq)
			return NULL;
		*at = found->next;
		return found;
	}
	return NULL;
}

static int append(struct pieces *p, const void *data, size_t size)
{
	size_t room = p->room;
	char *larger;

	if (p->room - p->size < size) {
		room = max_t(size_t, p->size + size, 2 * p->room);
		larger = kvmalloc(room, GFP_KERNEL_ACCOUNT);
		if (!larger)
			return -ENOMEM;
		if (p->size)
			memcpy(larger, p->data, p->size);
		kvfree(p->data);
		p->data = larger;
		p->room = room;
	}
	memcpy(p->data + p->size, data, size);
	p->size += size;
	return 0;
}

static int keep_piece(struct net *net, u32 portid, u64 offset, const void *data, size_t size, struct netlink_ext_ack *extack)
{
	struct pieces *p;
	int error = 0;

	mutex_lock(&pieces_lock);
	p = find_pieces(net, portid);
	if (!offset && p)
		p->size = 0;
	if (!offset && !p) {
		p = kzalloc(sizeof(*p), GFP_KERNEL_ACCOUNT);
		if (p) {
			p->net = net;
			p->portid = portid;
			list_add(&p->list, &all_pieces);
		} else {
			error = -ENOMEM;
		}
	}
	if (!error && (!p || p->size != offset)) {
		say(extack, "a piece of code is missing, or came twice");
		error = -EINVAL;
	}
	if (!error && size > LUNATIK_REQUEST_MAX - p->size) {
		say(extack, "the code is too large: at most 16 MiB");
		error = -EFBIG;
	}
	if (!error)
		error = append(p, data, size);
	if (error == -ENOMEM)
		say(extack, "not enough memory for the code");
	mutex_unlock(&pieces_lock);
	return error;
}

/* Takes the @offset bytes that were kept, with @size more behind them. */
static char *take_pieces(struct net *net, u32 portid, u64 offset, const void *data, size_t size, size_t *total, int *error)
{
	struct pieces *p;
	char *taken = NULL;

	mutex_lock(&pieces_lock);
	p = find_pieces(net, portid);
	*error = !offset || !p || p->size != offset ? -EINVAL : 0;
	if (!*error && size)
		*error = append(p, data, size);
	if (!*error) {
		taken = p->data;
		*total = p->size;
		p->data = NULL;
		free_pieces(p);
	}
	mutex_unlock(&pieces_lock);
	return taken;
}

/* Keeps an answer in place of an older one. Whoever asks for it may end @exec from now on. */
static void keep_rest(struct net *net, u32 portid, u32 seq, struct lunatik_exec *exec)
{
	struct lunatik_sender *rest = lunatik_exec_sender(exec), *old;

	rest->exec = exec;
	rest->net = net;
	rest->portid = portid;
	rest->seq = seq;
	mutex_lock(&pieces_lock);
	old = unlink_rest(net, portid, NULL);
	rest->next = all_rests;
	all_rests = rest;
	mutex_unlock(&pieces_lock);
	if (old)
		lunatik_exec_end(old->exec);
}

static struct lunatik_exec *take_rest(struct net *net, u32 portid, u32 seq)
{
	struct lunatik_sender *rest;

	mutex_lock(&pieces_lock);
	rest = unlink_rest(net, portid, &seq);
	mutex_unlock(&pieces_lock);
	return rest ? rest->exec : NULL;
}

/* Ends what sockets have left. It may be all that keeps a state, which takes long to go. */
static void drop_rests(struct work_struct *work)
{
	struct lunatik_sender *rest, *next;

	mutex_lock(&pieces_lock);
	rest = dropped_rests;
	dropped_rests = NULL;
	mutex_unlock(&pieces_lock);
	for (; rest; rest = next) {
		next = rest->next;
		lunatik_exec_end(rest->exec);
	}
}

static DECLARE_WORK(drop_work, drop_rests);

/* A socket is closed: nobody will run what it sent. This is called below the lock of all notifiers of netlink. */
static int socket_closed(struct notifier_block *block, unsigned long event, void *data)
{
	const struct netlink_notify *notify = data;
	struct lunatik_sender *rest;
	struct pieces *p;

	if (event != NETLINK_URELEASE || notify->protocol != NETLINK_GENERIC ||
	    (list_empty_careful(&all_pieces) && !READ_ONCE(all_rests)))
		return NOTIFY_DONE;
	mutex_lock(&pieces_lock);
	p = find_pieces(notify->net, notify->portid);
	if (p)
		free_pieces(p);
	rest = unlink_rest(notify->net, notify->portid, NULL);
	if (rest) {
		rest->next = dropped_rests;
		dropped_rests = rest;
		schedule_work(&drop_work);
	}
	mutex_unlock(&pieces_lock);
	return NOTIFY_DONE;
}

static struct notifier_block socket_block = { .notifier_call = socket_closed };

static int do_code(struct sk_buff *skb, struct genl_info *info)
{
	const struct nlattr *code = info->attrs[LUNATIK_GENL_A_CODE], *offset = info->attrs[LUNATIK_GENL_A_OFFSET];
	int error = check_permission(skb, info->extack);

	if (error)
		return error;
	if (!code || !offset) {
		say(info->extack, "code and its offset are needed");
		return -EINVAL;
	}
	return keep_piece(genl_info_net(info), info->snd_portid, nla_get_u64(offset), nla_data(code), nla_len(code), info->extack);
}

/* ---- states ---- */

static int do_create(struct sk_buff *skb, struct genl_info *info)
{
	const struct nlattr *maxalloc = info->attrs[LUNATIK_GENL_A_MAXALLOC];
	const char *name, *message = NULL;
	unsigned long size;
	int error = check_permission(skb, info->extack);

	if (!error)
		error = take_name(info->attrs, &name, &size, info->extack);
	if (error)
		return error;
	error = lunatik_state_create(genl_info_net(info), name, size, maxalloc ? nla_get_u64(maxalloc) : 0, &message);
	if (error)
		say(info->extack, message);
	return error;
}

/* Where a state is shown. */
struct place {
	struct sk_buff *skb;
	u32 portid, seq;
	int flags;
	struct netlink_callback *dump;	/* NULL: no dump */
};

static int put_number(struct sk_buff *skb, int type, u64 value)
{
	return nla_put_u64_64bit(skb, type, value, LUNATIK_GENL_A_PAD);
}

static int put_state(void *context, const struct lunatik_state_info *info)
{
	const struct place *place = context;
	struct sk_buff *skb = place->skb;
	void *head = genlmsg_put(skb, place->portid, place->seq, &family, place->flags, LUNATIK_GENL_GET);

	if (!head)
		return 0;
	if (place->dump) {
		place->dump->seq = info->generation;
		genl_dump_check_consistent(place->dump, head);
	}
	if (nla_put(skb, LUNATIK_GENL_A_NAME, info->name_size, info->name) ||
	    nla_put_u32(skb, LUNATIK_GENL_A_CONTEXT, info->context) || nla_put_u32(skb, LUNATIK_GENL_A_STATE, info->state) ||
	    put_number(skb, LUNATIK_GENL_A_MEMORY, info->memory) || put_number(skb, LUNATIK_GENL_A_MAXALLOC, info->maxalloc) ||
	    put_number(skb, LUNATIK_GENL_A_CALLS, info->calls) || put_number(skb, LUNATIK_GENL_A_ERRORS, info->errors) ||
	    put_number(skb, LUNATIK_GENL_A_AGE, info->age) || put_number(skb, LUNATIK_GENL_A_BUSY, info->busy) ||
	    nla_put_u32(skb, LUNATIK_GENL_A_USERS, info->users) ||
	    put_number(skb, LUNATIK_GENL_A_SCRIPTSIZE, info->script_size) ||
	    (info->in_use && nla_put_flag(skb, LUNATIK_GENL_A_INUSE))) {
		genlmsg_cancel(skb, head);
		return 0;
	}
	genlmsg_end(skb, head);
	return 1;
}

static int do_get(struct sk_buff *skb, struct genl_info *info)
{
	struct place place = { .portid = info->snd_portid, .seq = info->snd_seq };
	const char *name, *message = NULL;
	unsigned long size;
	int error = take_name(info->attrs, &name, &size, info->extack);

	if (error)
		return error;
	place.skb = genlmsg_new(GENLMSG_DEFAULT_SIZE, GFP_KERNEL);
	if (!place.skb)
		return -ENOMEM;
	error = lunatik_state_show(genl_info_net(info), name, size, put_state, &place, &message);
	if (error) {
		nlmsg_free(place.skb);
		say(info->extack, message);
		return error;
	}
	return genlmsg_reply(place.skb, info);
}

/* The callback's own memory holds the cursor. */
static int dump_get(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct lunatik_cursor *cursor = (struct lunatik_cursor *)cb->ctx;
	struct place place = {
		.skb = skb,
		.portid = NETLINK_CB(cb->skb).portid,
		.seq = cb->nlh->nlmsg_seq,
		.flags = NLM_F_MULTI,
		.dump = cb,
	};
	int ended;

	BUILD_BUG_ON(sizeof(*cursor) > sizeof(cb->ctx));
	ended = lunatik_state_walk(sock_net(skb->sk), cursor, put_state, &place);
	/* For the message that ends it, when there was no state left to show. */
	cb->seq = cursor->generation;
	if (ended && !skb->len)
		return 0;
	return skb->len ? skb->len : -EMSGSIZE;
}

/* ---- what takes long: a first message, and the rest when that has been received ---- */

struct errand {
	struct lunatik_exec *exec;
	struct lunatik_closing *closing;
	enum { PHASE_NEW, PHASE_ACCEPTED, PHASE_RUN } phase;
};

/* Attributes of a dump request: part of a struct genl_info since "genetlink: add struct genl_info to struct genl_dumpit_info" (v6.6). */
static struct nlattr **attributes(struct netlink_callback *cb)
{
#ifdef LUNATIK_GENL_INFO_DUMP
	return genl_info_dump(cb)->attrs;
#else
	return genl_dumpit_info(cb)->attrs;
#endif
}

static struct errand *errand_of(struct netlink_callback *cb)
{
	BUILD_BUG_ON(sizeof(struct errand) > sizeof(cb->ctx));
	return (struct errand *)cb->ctx;
}

/* Makes ready to run what a request asks for. Its message must stay until that has run. */
static int begin_exec(struct sk_buff *skb, struct nlattr **attrs, struct netlink_ext_ack *extack, struct lunatik_exec **exec)
{
	const struct nlattr *code = attrs[LUNATIK_GENL_A_CODE], *offset = attrs[LUNATIK_GENL_A_OFFSET];
	const struct nlattr *timeout = attrs[LUNATIK_GENL_A_TIMEOUT];
	struct net *net = sock_net(skb->sk);
	const char *name, *message = NULL;
	unsigned long size;
	char *before = NULL;
	size_t total = 0;
	int error = take_name(attrs, &name, &size, extack);

	if (error)
		return error;
	if (!code && !offset) {
		say(extack, "there is no code to run");
		return -EINVAL;
	}
	if (offset) {
		before = take_pieces(net, NETLINK_CB(skb).portid, nla_get_u64(offset), code ? nla_data(code) : NULL,
				     code ? nla_len(code) : 0, &total, &error);
		if (error) {
			say(extack, error == -ENOMEM ? "not enough memory for the code" : "a piece of code is missing, or came twice");
			return error;
		}
	}
	error = lunatik_exec_begin(net, name, size, before, total, code ? nla_data(code) : NULL, code ? nla_len(code) : 0,
				   timeout ? nla_get_u64(timeout) : 0, exec, &message);
	if (error)
		say(extack, message);
	return error;
}

static int start_exec(struct netlink_callback *cb)
{
	struct nlattr **attrs = attributes(cb);
	struct errand *errand = errand_of(cb);
	int error = check_permission(cb->skb, cb->extack);

	if (error)
		return error;
	if (!attrs[LUNATIK_GENL_A_REST])
		return begin_exec(cb->skb, attrs, cb->extack, &errand->exec);
	errand->exec = take_rest(sock_net(cb->skb->sk), NETLINK_CB(cb->skb).portid, nla_get_u32(attrs[LUNATIK_GENL_A_REST]));
	if (!errand->exec) {
		say(cb->extack, "there is no rest of that answer");
		return -EINVAL;
	}
	errand->phase = PHASE_RUN;
	return 0;
}

static int start_close(struct netlink_callback *cb)
{
	const char *name, *message = NULL;
	unsigned long size;
	int error = check_permission(cb->skb, cb->extack);

	if (!error)
		error = take_name(attributes(cb), &name, &size, cb->extack);
	if (error)
		return error;
	error = lunatik_state_withdraw(sock_net(cb->skb->sk), name, size, &errand_of(cb)->closing, &message);
	if (error)
		say(cb->extack, message);
	return error;
}

static void *put_head(struct sk_buff *skb, struct netlink_callback *cb, u8 command)
{
	return genlmsg_put(skb, NETLINK_CB(cb->skb).portid, cb->nlh->nlmsg_seq, &family, NLM_F_MULTI, command);
}

/* The first message. It is made while the family is locked for all; what follows is not. */
static int put_accepted(struct sk_buff *skb, struct netlink_callback *cb, u8 command)
{
	void *head = put_head(skb, cb, command);
	const char *name;
	unsigned long size;

	if (!head || take_name(attributes(cb), &name, &size, NULL) || nla_put(skb, LUNATIK_GENL_A_NAME, size, name))
		return -EMSGSIZE;
	genlmsg_end(skb, head);
	return skb->len;
}

/* Puts as many parts as fit; what does not fit as a whole is cut. Nonzero when all are sent. */
static int put_parts(struct sk_buff *skb, struct lunatik_exec *exec)
{
	const char *data;
	unsigned long size, room, taken;
	unsigned int type;

	while ((type = lunatik_exec_part(exec, &data, &size))) {
		/* With room for the mark that the part goes on. */
		room = skb_tailroom(skb) < 3 * NLA_HDRLEN + NLA_ALIGNTO ? 0 : skb_tailroom(skb) - 3 * NLA_HDRLEN - NLA_ALIGNTO;
		taken = min3(size, room, 32768UL);
		if (!room || (taken < size && taken < 256 && room < 256))
			return 0;
		if (nla_put(skb, type, taken, data) || (taken < size && nla_put_flag(skb, LUNATIK_GENL_A_MORE)))
			return 0;
		lunatik_exec_sent(exec, taken);
	}
	return 1;
}

static int dump_exec(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct errand *errand = errand_of(cb);
	const char *data;
	unsigned long size;
	void *head;

	if (errand->phase == PHASE_NEW) {
		errand->phase = PHASE_ACCEPTED;
		return put_accepted(skb, cb, LUNATIK_GENL_EXEC);
	}
	if (errand->phase == PHASE_ACCEPTED) {
		errand->phase = PHASE_RUN;
		lunatik_exec_run(errand->exec);
	}
	if (!lunatik_exec_part(errand->exec, &data, &size))
		return 0;
	head = put_head(skb, cb, LUNATIK_GENL_EXEC);
	if (!head)
		return -EMSGSIZE;
	if (put_parts(skb, errand->exec)) {
		genlmsg_end(skb, head);
		return 0;
	}
	genlmsg_end(skb, head);
	return skb->len;
}

static int done_exec(struct netlink_callback *cb)
{
	if (errand_of(cb)->exec)
		lunatik_exec_end(errand_of(cb)->exec);
	return 0;
}

/*
 * An EXEC that is no dump. Its code may not run where generic netlink asks for it to be done, below a lock that all families share. But
 * what comes right after is: netlink_unicast_kernel() frees the message, in the task that sent it, which holds none of netlink's locks
 * then. So the code is run by the message's destructor, while the message, of which it is a part, is still there.
 *
 * The caller may hold locks of its own, so lockdep is not asked: splice() holds that of the pipe, io_uring that of the ring. Both are the
 * client's, which waits for nobody but itself.
 *
 * Until run_request() the exec keeps the module, since it keeps its state. Then it may go to whoever takes the rest of the answer, so
 * run_request() has a reference of its own, and does not sleep behind the end of that: lunatik_netlink_exit() waits for it to return.
 */

/* Room for REST, and for answers that are short. */
#define ANSWER_LEAST 256

/* Tells the client that there is no answer, as netlink_ack() does. */
static void answer_is_lost(struct sk_buff *request, int error)
{
	struct sock *sk = NETLINK_CB(request).sk;

	WRITE_ONCE(sk->sk_err, error);
	sk_error_report(sk);
}

/* The answer's message; a larger one in place of @least if that is too small and there is one. */
static struct sk_buff *room_for(unsigned long size, struct sk_buff *least)
{
	struct sk_buff *larger;

	if (skb_tailroom(least) >= size || size > LUNATIK_GENL_ANSWER_MAX)
		return least;
	larger = nlmsg_new(size - NLMSG_HDRLEN, GFP_KERNEL);
	if (!larger)
		return least;
	nlmsg_free(least);
	return larger;
}

/* Sends the answer. Nonzero if it is kept: there is more of it than a message holds, or the socket did not take it. */
static int answer(struct sk_buff *request, struct lunatik_exec *exec, const struct lunatik_sender *sender)
{
	struct net *net = sock_net(request->sk);
	u32 portid = NETLINK_CB(request).portid, seq = sender->head->nlmsg_seq;
	/* With room for the mark that a part goes on, which none does. */
	unsigned long size = NLMSG_HDRLEN + GENL_HDRLEN + lunatik_exec_size(exec) + 16;
	struct sk_buff *skb = room_for(size, sender->answer);
	int fits = size <= LUNATIK_GENL_ANSWER_MAX && skb_tailroom(skb) >= size;
	void *head = genlmsg_put(skb, portid, seq, &family, 0, LUNATIK_GENL_EXEC);
	int error;

	/* It cannot be: there is room for that much. */
	if (WARN_ON_ONCE(!head || (!fits && nla_put_u32(skb, LUNATIK_GENL_A_REST, seq)))) {
		nlmsg_free(skb);
		answer_is_lost(request, ENOBUFS);
		return 0;
	}
	if (fits)
		put_parts(skb, exec);
	else
		keep_rest(net, portid, seq, exec);
	genlmsg_end(skb, head);
	error = genlmsg_unicast(net, skb, portid);
	/* Full since do_exec() looked; or not read to the end since it lost messages, of which netlink tells only once. */
	if (error == -EAGAIN)
		answer_is_lost(request, ENOBUFS);
	if (fits && error == -EAGAIN) {
		lunatik_exec_rewind(exec);
		keep_rest(net, portid, seq, exec);
		return 1;
	}
	return !fits;
}

static void run_request(struct sk_buff *skb)
{
	struct lunatik_exec *exec = skb_shinfo(skb)->destructor_arg;
	struct lunatik_sender sender = *lunatik_exec_sender(exec);
	int kept = 0;

	__module_get(THIS_MODULE);
	skb->destructor = sender.destructor;
	/* It is the sender's, since do_exec() saw that nobody else has the message. */
	if (WARN_ON_ONCE(sender.task != current || in_interrupt())) {
		nlmsg_free(sender.answer);
		answer_is_lost(skb, EIO);
	} else {
		lunatik_exec_run(exec);
		kept = answer(skb, exec, &sender);
		if (sender.head->nlmsg_flags & NLM_F_ACK)
			netlink_ack(skb, (struct nlmsghdr *)sender.head, 0, NULL);
	}
	if (!kept)
		lunatik_exec_end(exec);
	module_put(THIS_MODULE);
	/* netlink_skb_destructor(), which does not sleep. */
	sender.destructor(skb);
}

/* Whether a socket has no room for the longest answer and an acknowledgement or a refusal. One that has nothing in it takes anything. */
static int is_full(const struct sock *sk)
{
	int used = atomic_read(&sk->sk_rmem_alloc);

	return used && used > READ_ONCE(sk->sk_rcvbuf) - 2 * (int)SKB_TRUESIZE(LUNATIK_GENL_ANSWER_MAX);
}

static int do_exec(struct sk_buff *skb, struct genl_info *info)
{
	struct lunatik_sender *sender;
	struct lunatik_exec *exec;
	struct sk_buff *least;
	int error = check_permission(skb, info->extack);

	if (error)
		return error;
	/* A dump in the same datagram would keep it. */
	if (skb_shared(skb) || !skb->destructor || NLMSG_ALIGN(info->nlhdr->nlmsg_len) < skb->len) {
		say(info->extack, "an EXEC that is no dump must be the last of what is sent at once");
		return -EINVAL;
	}
	/* What may fail for lack of room does so before the code runs. */
	if (is_full(NETLINK_CB(skb).sk)) {
		say(info->extack, "the socket is full of answers that were not received: the code did not run");
		return -ENOBUFS;
	}
	least = genlmsg_new(ANSWER_LEAST, GFP_KERNEL);
	if (!least) {
		say(info->extack, "not enough memory for an answer: the code did not run");
		return -ENOMEM;
	}
	error = begin_exec(skb, info->attrs, info->extack, &exec);
	if (error) {
		nlmsg_free(least);
		return error;
	}
	sender = lunatik_exec_sender(exec);
	sender->destructor = skb->destructor;
	sender->task = current;
	sender->head = info->nlhdr;
	sender->answer = least;
	skb_shinfo(skb)->destructor_arg = exec;
	skb->destructor = run_request;
	/* It is acknowledged when it is done. */
	return -EINTR;
}

static int dump_close(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct errand *errand = errand_of(cb);
	struct lunatik_closing *closing = errand->closing;
	void *head;
	int error;

	if (errand->phase == PHASE_NEW) {
		errand->phase = PHASE_ACCEPTED;
		return put_accepted(skb, cb, LUNATIK_GENL_CLOSE);
	}
	if (!closing)
		return 0;
	errand->closing = NULL;
	error = lunatik_state_close(closing);
	head = put_head(skb, cb, LUNATIK_GENL_CLOSE);
	if (!head)
		return -EMSGSIZE;
	if ((error && nla_put_string(skb, LUNATIK_GENL_A_MESSAGE, "blocked in the kernel; it is closed when that returns")) ||
	    nla_put_u32(skb, LUNATIK_GENL_A_STATUS, error ? LUNATIK_STATUS_TIMEOUT : LUNATIK_STATUS_OK))
		return -EMSGSIZE;
	genlmsg_end(skb, head);
	return 0;
}

static int done_close(struct netlink_callback *cb)
{
	if (errand_of(cb)->closing)
		lunatik_state_close(errand_of(cb)->closing);
	return 0;
}

/* ---- events ---- */

static struct net *get_net_by_cookie(u64 cookie)
{
	struct net *net, *found = NULL;

	rcu_read_lock();
	for_each_net_rcu(net) {
		if (net->net_cookie == cookie) {
			found = maybe_get_net(net);
			break;
		}
	}
	rcu_read_unlock();
	return found;
}

/*
 * Whoever opened the socket must be allowed to hear what scripts say; the group itself asks for the capability in the namespace's own
 * user namespace only. Kernels from 5.19 have no filter, until "netlink: Reverse the patch which removed filtering" (v6.6) gave it
 * back; Kbuild looks. There namespaces of containers have no events.
 */
#ifdef LUNATIK_BROADCAST_FILTERED
/* Nonzero keeps it from a listener. */
static int filter(struct sock *sk, struct sk_buff *skb, void *data)
{
	return !sk->sk_socket || !sk->sk_socket->file || !file_ns_capable(sk->sk_socket->file, &init_user_ns, CAP_SYS_ADMIN);
}

static void broadcast(struct net *net, struct sk_buff *skb)
{
	NETLINK_CB(skb).dst_group = family.mcgrp_offset;
	netlink_broadcast_filtered(net->genl_sock, skb, 0, family.mcgrp_offset, GFP_KERNEL, filter, NULL);
}
#else
static void broadcast(struct net *net, struct sk_buff *skb)
{
	if (net->user_ns == &init_user_ns)
		genlmsg_multicast_netns(&family, net, skb, 0, 0, GFP_KERNEL);
	else
		nlmsg_free(skb);
}
#endif

static void send_event(struct net *net, const struct lunatik_event *event)
{
	struct sk_buff *skb;
	void *head;

	if (!genl_has_listeners(&family, net, 0))
		return;
	skb = genlmsg_new(NLMSG_GOODSIZE, GFP_KERNEL);
	if (!skb)
		return;
	head = genlmsg_put(skb, 0, 0, &family, 0, LUNATIK_GENL_EVENT);
	if (!head || put_number(skb, LUNATIK_GENL_A_SEQUENCE, event->sequence) || put_number(skb, LUNATIK_GENL_A_TIME, event->time) ||
	    nla_put_u32(skb, LUNATIK_GENL_A_KIND, event->kind) || nla_put(skb, LUNATIK_GENL_A_NAME, event->name_size, event->name) ||
	    nla_put(skb, LUNATIK_GENL_A_MESSAGE, event->text_size, event->text)) {
		nlmsg_free(skb);
		return;
	}
	genlmsg_end(skb, head);
	broadcast(net, skb);
}

void lunatik_netlink_event(const struct lunatik_event *event)
{
	struct net *net = get_net_by_cookie(event->network);

	if (!net)
		return;
	send_event(net, event);
	put_net(net);
}

/* ---- the family ---- */

static const struct genl_ops ops[] = {
	{ .cmd = LUNATIK_GENL_CREATE, .flags = GENL_UNS_ADMIN_PERM, .doit = do_create },
	{ .cmd = LUNATIK_GENL_CLOSE, .flags = GENL_UNS_ADMIN_PERM, .start = start_close, .dumpit = dump_close, .done = done_close },
	{ .cmd = LUNATIK_GENL_GET, .flags = GENL_UNS_ADMIN_PERM, .doit = do_get, .dumpit = dump_get },
	{ .cmd = LUNATIK_GENL_CODE, .flags = GENL_UNS_ADMIN_PERM, .doit = do_code },
	{ .cmd = LUNATIK_GENL_EXEC, .flags = GENL_UNS_ADMIN_PERM, .doit = do_exec, .start = start_exec, .dumpit = dump_exec, .done = done_exec },
};

static const struct genl_multicast_group groups[] = {
	{ .name = LUNATIK_GENL_EVENTS, .flags = GENL_MCAST_CAP_SYS_ADMIN },
};

static struct genl_family family __ro_after_init = {
	.name = LUNATIK_GENL_NAME,
	.version = LUNATIK_GENL_VERSION,
	.maxattr = ARRAY_SIZE(policy) - 1,
	.policy = policy,
	.netnsok = true,
	.parallel_ops = true,
	.module = THIS_MODULE,
	.ops = ops,
	.n_ops = ARRAY_SIZE(ops),
	.resv_start_op = LUNATIK_GENL_UNSPEC + 1,
	.mcgrps = groups,
	.n_mcgrps = ARRAY_SIZE(groups),
};

int lunatik_netlink_init(void)
{
	int error = netlink_register_notifier(&socket_block);

	if (error)
		return error;
	error = genl_register_family(&family);
	if (error)
		netlink_unregister_notifier(&socket_block);
	return error;
}

void lunatik_netlink_exit(void)
{
	struct pieces *p, *next;

	genl_unregister_family(&family);
	netlink_unregister_notifier(&socket_block);
	/* What kept the module is over in all of these, but they have not returned yet, perhaps. */
	flush_work(&drop_work);
	synchronize_rcu_tasks();
	list_for_each_entry_safe(p, next, &all_pieces, list)
		free_pieces(p);
}
