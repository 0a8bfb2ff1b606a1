// SPDX-License-Identifier: MIT OR GPL-2.0-only
/* netfilter.h: hooks */
#include <linux/mm.h>
#include <linux/netdevice.h>
#include <linux/netfilter.h>
#include <linux/netfilter_arp.h>
#include <linux/rtnetlink.h>
#include <linux/slab.h>
#include "lunatik/module.h"
#include "helpers.h"

/* How often a hook may have the same packet again. */
#define REPEAT_MAX 8

/* All hooks: those that are there yet when their namespace is not are taken off before the kernel frees what it does that with. */
static LIST_HEAD(hooks);
static DEFINE_MUTEX(hooks_lock);

struct lunatik_netfilter {
	struct list_head node;
	bool gone;			/* with its namespace; guarded by the lock, as the list is */
	struct nf_hook_ops ops;
	lunatik_object_t *object;	/* which holds this: it is there for as long as packets come */
	struct net *net;		/* the runtime's */
	bool percpu;
	bool parsed;			/* the kernel has read the packets' headers */
	bool marked;
	u32 mark;
	/* Of a device's hook: it ends with the device. Both under the rtnl lock. */
	bool registered;
	struct notifier_block notifier;
	/* Whom to ask; in a per-CPU runtime by CPU, each written by its own with its first packet. */
	struct lunatik_asked *asked[];
};

static __always_inline unsigned int ask_hook(struct lunatik_asked *asked, struct lunatik_packet *packet)
{
	struct lunatik_said said = lunatik_packet_settle(packet, lunatik_runpacket(asked, packet));

	/* Nothing is to be done about most answers. */
	if (likely(!said.error && (unsigned long long)said.value <= NF_ACCEPT && !READ_ONCE(*asked->failures)))
		return said.value;
	return lunatik_netfilter_settle(asked->hook, said);
}

/* A state's hook that is there once stays for as long as packets come. */
static __always_inline struct lunatik_asked *local(struct lunatik_netfilter *netfilter, unsigned int cpu)
{
	struct lunatik_asked *asked = netfilter->asked[cpu];

	if (unlikely(!asked)) {
		asked = lunatik_netfilter_local(netfilter->object, cpu);
		netfilter->asked[cpu] = asked;
	}
	return asked;
}

static __always_inline unsigned int ask(struct lunatik_netfilter *netfilter, struct sk_buff *skb, bool percpu)
{
	struct lunatik_packet packet __attribute__((uninitialized));
	struct lunatik_asked *asked;
	unsigned int verdict;
	bool stayed;

	lunatik_packet_open(&packet, skb);
	packet.parsed = netfilter->parsed;
	if (!percpu)
		return ask_hook(netfilter->asked[0], &packet);
	stayed = lunatik_packet_stay();
	asked = local(netfilter, smp_processor_id());
	verdict = likely(asked) ? ask_hook(asked, &packet) : lunatik_netfilter_unasked(netfilter->object);
	lunatik_packet_leave(stayed);
	return verdict;
}

/* What the kernel does not do by itself with a verdict that is neither accept, drop nor queue. */
static noinline unsigned int other(struct lunatik_netfilter *netfilter, struct sk_buff *skb, const struct nf_hook_state *state,
				   unsigned int verdict)
{
	unsigned int repeats = 0;

	/* The kernel's list of hooks takes it for NF_STOLEN and forgets the packet. */
	while (verdict == NF_REPEAT) {
		if (++repeats > REPEAT_MAX) {
			verdict = lunatik_netfilter_declared(netfilter->object);
			break;
		}
		verdict = ask(netfilter, skb, netfilter->percpu);
	}
	switch (verdict) {
	case NF_STOLEN:
		/* Nobody has it now: a script that takes a packet keeps copies only. */
		consume_skb(skb);
		break;
	case NF_STOP:
		/* What a VRF does next with a packet that it has received is to go on without it. */
		if (!state->okfn || (state->hook == NF_INET_PRE_ROUTING && state->in && netif_is_l3_master(state->in)))
			return NF_ACCEPT;
		/* A packet that comes back from a queue comes in a task, and what follows counts on no softirq coming in between. */
		local_bh_disable();
		state->okfn(state->net, state->sk, skb);
		local_bh_enable();
		return NF_STOLEN;
	}
	return verdict;
}

static __always_inline unsigned int decide(struct lunatik_netfilter *netfilter, struct sk_buff *skb, const struct nf_hook_state *state,
					   bool percpu)
{
	/* Seldom wanted again: a store, where a register would have to be saved, copied to and restored. */
	const struct nf_hook_state *volatile kept_state = state;
	unsigned int verdict;

	if (netfilter->marked && skb->mark != netfilter->mark)
		return NF_ACCEPT;
	verdict = ask(netfilter, skb, percpu);
	if (likely(verdict <= NF_ACCEPT))
		return verdict;
	return other(netfilter, skb, kept_state, verdict);
}

/* What is shown of the packet has its address taken and is no array: what a stack protector looks for cannot begin here. */
static __no_stack_protector unsigned int hook(void *priv, struct sk_buff *skb, const struct nf_hook_state *state)
{
	return decide(priv, skb, state, false);
}

static __no_stack_protector unsigned int hook_of_percpu(void *priv, struct sk_buff *skb, const struct nf_hook_state *state)
{
	return decide(priv, skb, state, true);
}

/* From a queue a packet goes on where it was, which the kernel knows how to do in these families only (nf_reinject()). */
bool lunatik_h_netfilter_queues(const struct lunatik_netfilter_options *options)
{
	return options->pf == NFPROTO_IPV4 || options->pf == NFPROTO_IPV6 || options->pf == NFPROTO_BRIDGE ||
	       (options->pf == NFPROTO_INET && options->hooknum != NF_INET_INGRESS);
}

bool lunatik_h_netfilter_is_verdict(long long verdict, bool queues)
{
	return lunatik_packet_is_verdict(verdict, queues);
}

/* The kernel warns of a number it does not know; a script's mistake is none of its own. */
int lunatik_h_netfilter_check(const struct lunatik_netfilter_options *options)
{
	bool device = false;
	unsigned int hooks;

	switch (options->pf) {
	case NFPROTO_INET:
		device = options->hooknum == NF_INET_INGRESS;
		hooks = NF_INET_NUMHOOKS + 1;
		break;
	case NFPROTO_IPV4:
	case NFPROTO_IPV6:
	case NFPROTO_BRIDGE:
		hooks = NF_INET_NUMHOOKS;
		break;
	case NFPROTO_ARP:
		hooks = NF_ARP_NUMHOOKS;
		break;
	case NFPROTO_NETDEV:
		device = true;
		hooks = NF_NETDEV_NUMHOOKS;
		break;
	default:
		return -ENOENT;
	}
	if (options->hooknum >= hooks)
		return -ENOENT;
	/* The kernel warns of a family that it was built without, too. */
	if ((options->pf == NFPROTO_ARP && !IS_ENABLED(CONFIG_NETFILTER_FAMILY_ARP)) ||
	    (options->pf == NFPROTO_BRIDGE && !IS_ENABLED(CONFIG_NETFILTER_FAMILY_BRIDGE)))
		return -EOPNOTSUPP;
	return device == !!options->dev ? 0 : -EINVAL;
}

/* The device goes: so does its hook. The kernel calls this with the rtnl lock, which it also holds while it takes a notifier off. */
static int device_event(struct notifier_block *block, unsigned long event, void *info)
{
	struct lunatik_netfilter *netfilter = container_of(block, struct lunatik_netfilter, notifier);

	if (event == NETDEV_UNREGISTER && netfilter->registered && netdev_notifier_info_to_dev(info) == netfilter->ops.dev) {
		netfilter->registered = false;
		nf_unregister_net_hook(netfilter->net, &netfilter->ops);
	}
	return NOTIFY_DONE;
}

static int register_on_device(struct lunatik_netfilter *netfilter, const struct lunatik_netfilter_options *options)
{
	char name[IFNAMSIZ] = "";
	int error;

	if (options->dev_size >= IFNAMSIZ || memchr(options->dev, 0, options->dev_size))
		return -ENODEV;
	memcpy(name, options->dev, options->dev_size);
	netfilter->notifier.notifier_call = device_event;
	error = register_netdevice_notifier_net(netfilter->net, &netfilter->notifier);
	if (error)
		return error;
	rtnl_lock();
	netfilter->ops.dev = __dev_get_by_name(netfilter->net, name);
	error = netfilter->ops.dev ? nf_register_net_hook(netfilter->net, &netfilter->ops) : -ENODEV;
	netfilter->registered = !error;
	rtnl_unlock();
	if (error)
		unregister_netdevice_notifier_net(netfilter->net, &netfilter->notifier);
	return error;
}

int lunatik_h_netfilter_register(struct lunatik_netfilter **result, lunatik_object_t *object, struct lunatik_asked *asked,
				 struct net *net, const struct lunatik_netfilter_options *options)
{
	struct lunatik_netfilter *netfilter;
	int error;

	/* A script may outlast its namespace. */
	if (!maybe_get_net(net))
		return -ENXIO;
	netfilter = kvzalloc(struct_size(netfilter, asked, options->percpu ? nr_cpu_ids : 1), GFP_KERNEL);
	if (!netfilter) {
		put_net(net);
		return -ENOMEM;
	}
	netfilter->object = object;
	if (!options->percpu)
		netfilter->asked[0] = asked;
	netfilter->net = net;
	netfilter->percpu = options->percpu;
	netfilter->parsed = !options->dev && (options->pf == NFPROTO_IPV4 || options->pf == NFPROTO_IPV6 || options->pf == NFPROTO_INET);
	netfilter->marked = options->marked;
	netfilter->mark = options->mark;
	netfilter->ops.hook = options->percpu ? hook_of_percpu : hook;
	netfilter->ops.priv = netfilter;
	netfilter->ops.pf = options->pf;
	netfilter->ops.hooknum = options->hooknum;
	netfilter->ops.priority = options->priority;
	if (options->dev)
		error = register_on_device(netfilter, options);
	else
		error = nf_register_net_hook(net, &netfilter->ops);
	if (error) {
		/* It may have been there for a moment. */
		synchronize_rcu();
		kvfree(netfilter);
	} else {
		mutex_lock(&hooks_lock);
		list_add(&netfilter->node, &hooks);
		mutex_unlock(&hooks_lock);
		*result = netfilter;
	}
	put_net(net);
	return error;
}

/* Under the lock. */
static void take_off(struct lunatik_netfilter *netfilter)
{
	/* Taking a notifier off tells it that each device goes, which unregisters the hook. */
	if (netfilter->notifier.notifier_call)
		unregister_netdevice_notifier_net(netfilter->net, &netfilter->notifier);
	else
		nf_unregister_net_hook(netfilter->net, &netfilter->ops);
}

void lunatik_h_netfilter_unregister(struct lunatik_netfilter *netfilter)
{
	mutex_lock(&hooks_lock);
	if (!netfilter->gone)
		take_off(netfilter);
	list_del(&netfilter->node);
	mutex_unlock(&hooks_lock);
	synchronize_rcu();
	kvfree(netfilter);
}

/* Scripts have been stopped before; what comes here is of those that did not end. */
static void net_exit(struct net *net)
{
	struct lunatik_netfilter *netfilter;

	mutex_lock(&hooks_lock);
	list_for_each_entry(netfilter, &hooks, node) {
		if (netfilter->net != net || netfilter->gone)
			continue;
		take_off(netfilter);
		netfilter->gone = true;
	}
	mutex_unlock(&hooks_lock);
}

static struct pernet_operations net_operations = {
	.exit = net_exit,
};

static int __init start(void)
{
	return register_pernet_subsys(&net_operations);
}

static void __exit end(void)
{
	unregister_pernet_subsys(&net_operations);
}

LUNATIK_MODULE_INIT(netfilter, "Lua library: hooks for packets", start, end);
