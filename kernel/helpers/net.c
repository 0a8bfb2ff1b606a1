// SPDX-License-Identifier: MIT OR GPL-2.0-only
/* net_namespace.h */
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

void lunatik_h_get_net(struct net *net)
{
	get_net(net);
}

void lunatik_h_put_net(struct net *net)
{
	put_net(net);
}

unsigned int lunatik_h_net_inode(struct net *net)
{
	return net->ns.inum;
}
