/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
#ifndef LUNATIK_NETFILTER_HELPERS_H
#define LUNATIK_NETFILTER_HELPERS_H

#include "lunatik/skb.h"

#ifdef __cplusplus
extern "C" {
#endif

struct lunatik_netfilter;

extern const struct lunatik_constant lunatik_netfilter_family[];
extern const struct lunatik_constant lunatik_netfilter_action[];
extern const struct lunatik_constant lunatik_netfilter_inet_hooks[];
extern const struct lunatik_constant lunatik_netfilter_bridge_hooks[];
extern const struct lunatik_constant lunatik_netfilter_arp_hooks[];
extern const struct lunatik_constant lunatik_netfilter_netdev_hooks[];
extern const struct lunatik_constant lunatik_netfilter_ip_priority[];
extern const struct lunatik_constant lunatik_netfilter_bridge_priority[];

/** Which packets a hook gets, and when. */
struct lunatik_netfilter_options {
	unsigned char pf;
	unsigned int hooknum;
	int priority;
	LUNATIK_BOOL percpu;		/* the object is the first CPU's of a per-CPU runtime */
	LUNATIK_BOOL marked;
	unsigned int mark;
	const char *dev;		/* name of the device of an ingress or egress hook, or NULL */
	unsigned long dev_size;
};

/** 0; -ENOENT, the family has no such hook; -EINVAL, it needs a device, or cannot have one; -EOPNOTSUPP, the kernel lacks the family. Context: any. */
int lunatik_h_netfilter_check(const struct lunatik_netfilter_options *options);
/**
 * nf_register_net_hook() in @net, for @object, which lives as @asked does until it is unregistered; in a per-CPU runtime
 * each CPU's is looked for with its first packet. Context: process, may sleep; takes
 * the rtnl lock for a device. Returns 0 and the hook; -ENODEV, no such device; -EOPNOTSUPP, this kernel has no such hooks; -ENOMEM;
 * -E2BIG, too many hooks; -EINVAL; -ENXIO, the namespace goes or is gone.
 */
int lunatik_h_netfilter_register(struct lunatik_netfilter **netfilter, lunatik_object_t *object, struct lunatik_asked *asked,
				 struct net *net, const struct lunatik_netfilter_options *options);
/** Undoes it; returns when no packet is inside any more. Context: process, may sleep; takes the rtnl lock if it has a device. */
void lunatik_h_netfilter_unregister(struct lunatik_netfilter *netfilter);
/** Whether hooks like this one may queue packets. */
LUNATIK_BOOL lunatik_h_netfilter_queues(const struct lunatik_netfilter_options *options);
/** Whether a verdict is one that a hook may give; @queues: of lunatik_h_netfilter_queues(). */
LUNATIK_BOOL lunatik_h_netfilter_is_verdict(long long verdict, LUNATIK_BOOL queues);

/** netfilter.cpp: the verdict that follows from what the script said to a packet. Context: softirq, or process in the kernel's network code. */
unsigned int lunatik_netfilter_settle(lunatik_object_t *object, struct lunatik_said said);
/** Whom to ask in a per-CPU runtime: the state of this CPU, where the caller stays; NULL if it has no such hook yet. Context: the same. */
struct lunatik_asked *lunatik_netfilter_local(lunatik_object_t *object, unsigned int cpu);
/** The verdict where there is nobody to ask; counted. Context: the same. */
unsigned int lunatik_netfilter_unasked(lunatik_object_t *object);
/** The declared verdict of a hook. */
unsigned int lunatik_netfilter_declared(lunatik_object_t *object);

#ifdef __cplusplus
}
#endif

#endif
