// SPDX-License-Identifier: MIT OR GPL-2.0-only
/* net_namespace.h */
#include <linux/completion.h>
#include <linux/jiffies.h>
#include <linux/kobject.h>
#include <linux/nsproxy.h>
#include <linux/refcount.h>
#include <linux/slab.h>
#include <linux/workqueue.h>
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
static unsigned int net_milliseconds;
static struct workqueue_struct *net_queue;

/* A namespace that goes: the worker's, and of who waits for it. */
struct going {
	struct work_struct work;
	struct net *net;
	struct completion done;
	refcount_t users;
};

static void put_going(struct going *going)
{
	if (refcount_dec_and_test(&going->users))
		kfree(going);
}

static void go(struct work_struct *work)
{
	struct going *going = container_of(work, struct going, work);

	net_gone(going->net);
	lunatik_h_unkeep_net(going->net);
	complete(&going->done);
	put_going(going);
}

/*
 * The caller holds pernet_ops_rwsem, and scripts may end in finalizers that wait for whoever registers a subsystem of namespaces, as
 * modules do that are loaded. So a worker ends them, and is waited for as long as it may take, no longer: all other namespaces wait too.
 */
static void pre_exit(struct net *net)
{
	struct going *going = kmalloc(sizeof(*going), GFP_KERNEL | __GFP_NOFAIL);

	INIT_WORK(&going->work, go);
	going->net = net;
	init_completion(&going->done);
	refcount_set(&going->users, 2);
	lunatik_h_keep_net(net);
	queue_work(net_queue, &going->work);
	if (!wait_for_completion_timeout(&going->done, msecs_to_jiffies(net_milliseconds)))
		pr_warn("lunatik: scripts of a network namespace that goes do not end; it goes before them\n");
	put_going(going);
}

/* Before any subsystem takes down its part of the namespace: scripts still use it all. */
static struct pernet_operations operations = {
	.pre_exit = pre_exit,
};

int lunatik_h_pernet_init(void (*gone)(struct net *net), unsigned int milliseconds)
{
	int error;

	net_gone = gone;
	net_milliseconds = milliseconds;
	net_queue = alloc_workqueue("lunatik_net", WQ_UNBOUND, 0);
	if (!net_queue)
		return -ENOMEM;
	error = register_pernet_subsys(&operations);
	if (error)
		destroy_workqueue(net_queue);
	return error;
}

void lunatik_h_pernet_exit(void)
{
	unregister_pernet_subsys(&operations);
	destroy_workqueue(net_queue);
}
