// SPDX-License-Identifier: MIT OR GPL-2.0-only
/* workqueue.h, irq_work.h, llist.h: what cannot be released where its last user lets go of it is released by a worker. */
#include <linux/irq_work.h>
#include <linux/irqflags.h>
#include <linux/sched.h>
#include <linux/workqueue.h>
#include <linux/llist.h>
#include "helpers.h"

struct deferred {
	struct llist_node node;
	void (*release)(void **node);
};

static LLIST_HEAD(pending);
static struct workqueue_struct *queue;

static void drain(struct work_struct *work)
{
	struct deferred *d, *next;

	llist_for_each_entry_safe(d, next, llist_del_all(&pending), node) {
		d->release((void **)d);
		cond_resched();
	}
}
static DECLARE_WORK(work, drain);

/* Queueing work wakes a worker, with the scheduler's locks; a probe may come from below those. */
static void kick(struct irq_work *work_of_interrupt)
{
	queue_work(queue, &work);
}
static DEFINE_IRQ_WORK(kicker, kick);

void lunatik_h_defer(void **node, void (*release)(void **node))
{
	struct deferred *d = (struct deferred *)node;

	d->release = release;
	/* The first entry schedules the worker, which takes all that came since. */
	if (!llist_add(&d->node, &pending))
		return;
	if (irqs_disabled())
		irq_work_queue(&kicker);
	else
		queue_work(queue, &work);
}

void lunatik_h_defer_flush(void)
{
	/* What runs may defer more: an object's release drops another's last handle. */
	do {
		irq_work_sync(&kicker);
		flush_work(&work);
	} while (!llist_empty(&pending) || work_pending(&work));
}

int lunatik_h_defer_init(void)
{
	queue = alloc_workqueue("lunatik", WQ_UNBOUND | WQ_MEM_RECLAIM, 1);
	return queue ? 0 : -ENOMEM;
}

void lunatik_h_defer_exit(void)
{
	lunatik_h_defer_flush();
	destroy_workqueue(queue);
}
