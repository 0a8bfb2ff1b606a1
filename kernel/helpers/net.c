// SPDX-License-Identifier: MIT OR GPL-2.0-only
/* net_namespace.h */
#include <linux/kobject.h>
#include <linux/nsproxy.h>
#include <net/net_namespace.h>
#include "helpers.h"

struct net *lunatik_h_current_net(void)
{
	return get_net(current->nsproxy ? current->nsproxy->net_ns : &init_net);
}

struct net *lunatik_h_init_net(void)
{
	return get_net(&init_net);
}

void lunatik_h_put_net(struct net *net)
{
	put_net(net);
}

unsigned int lunatik_h_net_inode(struct net *net)
{
	return net->ns.inum;
}

unsigned long long lunatik_h_net_cookie(struct net *net)
{
	return net->net_cookie;
}

void lunatik_h_keep_net(struct net *net)
{
	refcount_inc(&net->passive);
}

/* What sysfs drops such a reference with; the kernel exports no other way in every version. */
void lunatik_h_unkeep_net(struct net *net)
{
	kobj_ns_drop(KOBJ_NS_TYPE_NET, net);
}

static void (*net_gone)(struct net *net);

static void pre_exit(struct net *net)
{
	net_gone(net);
}

/* Before any subsystem takes down its part of the namespace: scripts still use it all. */
static struct pernet_operations operations = {
	.pre_exit = pre_exit,
};

int lunatik_h_pernet_init(void (*gone)(struct net *net))
{
	net_gone = gone;
	return register_pernet_subsys(&operations);
}

void lunatik_h_pernet_exit(void)
{
	unregister_pernet_subsys(&operations);
}
