// SPDX-License-Identifier: MIT OR GPL-2.0-only
/* rcupdate.h */
#include <linux/rcupdate.h>
#include "helpers.h"

void lunatik_h_rcu_read_lock(void)
{
	rcu_read_lock();
}

void lunatik_h_rcu_read_unlock(void)
{
	rcu_read_unlock();
}

void lunatik_h_rcu_read_lock_sched(void)
{
	rcu_read_lock_sched();
}

void lunatik_h_rcu_read_unlock_sched(void)
{
	rcu_read_unlock_sched();
}

struct deferred {
	struct rcu_head head;
	void (*release)(void **node);
};
static_assert(sizeof(struct deferred) == 3 * sizeof(void *));

static void release(struct rcu_head *head)
{
	struct deferred *d = container_of(head, struct deferred, head);

	d->release((void **)d);
}

void lunatik_h_call_rcu(void **node, void (*function)(void **node))
{
	struct deferred *d = (struct deferred *)node;

	d->release = function;
	call_rcu(&d->head, release);
}

void lunatik_h_rcu_barrier(void)
{
	rcu_barrier();
}
