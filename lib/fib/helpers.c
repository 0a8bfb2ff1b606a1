// SPDX-License-Identifier: MIT OR GPL-2.0-only
/* fib_rules.h: the kernel's interface to rules is the netlink message that `ip rule` sends. */
#include <linux/fib_rules.h>
#include <linux/rtnetlink.h>
#include <net/fib_rules.h>
#include <net/net_namespace.h>
#include <net/netlink.h>
#include "lunatik/module.h"
#include "helpers.h"

typedef int (*change)(struct sk_buff *skb, struct nlmsghdr *message, struct netlink_ext_ack *extack);

static int change_rule(struct net *net, int type, int flags, change change, unsigned int table, unsigned int priority)
{
	struct sk_buff *skb = nlmsg_new(NLMSG_ALIGN(sizeof(struct fib_rule_hdr)) + 2 * nla_total_size(sizeof(u32)), GFP_KERNEL);
	struct nlmsghdr *message;
	struct fib_rule_hdr *rule;
	int error;

	if (!skb)
		return -ENOMEM;
	/* A finalizer may come this way while the namespace goes, or after it. */
	if (!maybe_get_net(net)) {
		kfree_skb(skb);
		return -ENXIO;
	}
	message = nlmsg_put(skb, 0, 0, type, sizeof(*rule), NLM_F_REQUEST | flags);
	rule = nlmsg_data(message);
	memset(rule, 0, sizeof(*rule));
	rule->family = AF_INET;
	rule->action = FR_ACT_TO_TBL;
	rule->table = table < 256 ? table : RT_TABLE_UNSPEC;
	/* The message was made large enough for both. */
	if (nla_put_u32(skb, FRA_TABLE, table) || nla_put_u32(skb, FRA_PRIORITY, priority)) {
		error = -EMSGSIZE;
		goto out;
	}
	nlmsg_end(skb, message);

	rtnl_lock();
	/* The kernel asks the message's socket for the namespace: its own rtnetlink socket there, which lives as long as that. */
	skb->sk = net->rtnl;
	error = change(skb, message, NULL);
	skb->sk = NULL;
	rtnl_unlock();
out:
	put_net(net);
	kfree_skb(skb);
	return error;
}

int lunatik_h_fib_nl_newrule(struct net *net, unsigned int table, unsigned int priority)
{
	return change_rule(net, RTM_NEWRULE, NLM_F_CREATE | NLM_F_EXCL, fib_nl_newrule, table, priority);
}

int lunatik_h_fib_nl_delrule(struct net *net, unsigned int table, unsigned int priority)
{
	return change_rule(net, RTM_DELRULE, 0, fib_nl_delrule, table, priority);
}

LUNATIK_MODULE(fib, "Lua library: rules of the forwarding information base");
