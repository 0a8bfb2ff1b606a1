// SPDX-License-Identifier: MIT OR GPL-2.0-only
/* irq_work.h, workqueue.h: somebody looks soon at what any context, a probe in the scheduler too, has to tell. */
#include <linux/atomic.h>
#include <linux/irq_work.h>
#include <linux/jiffies.h>
#include <linux/workqueue.h>
#include "helpers.h"

/* What comes within this time is looked at together. */
#define LUNATIK_NOTICE_MS 20

static void (*look_function)(void);
static atomic_t noticed;

static void look(struct work_struct *work)
{
	void (*function)(void) = READ_ONCE(look_function);

	/* Before it looks: what is new from here on asks again. */
	atomic_set(&noticed, 0);
	smp_mb__after_atomic();
	if (function)
		function();
}
static DECLARE_DELAYED_WORK(work, look);

static void start(struct irq_work *irq_work)
{
	queue_delayed_work(system_unbound_wq, &work, msecs_to_jiffies(LUNATIK_NOTICE_MS));
}
static DEFINE_IRQ_WORK(starter, start);

void lunatik_h_notice_init(void (*function)(void))
{
	atomic_set(&noticed, 0);
	WRITE_ONCE(look_function, function);
}

void lunatik_h_notice(void)
{
	if (READ_ONCE(look_function) && !atomic_xchg(&noticed, 1))
		irq_work_queue(&starter);
}

void lunatik_h_notice_exit(void)
{
	WRITE_ONCE(look_function, NULL);
	irq_work_sync(&starter);
	cancel_delayed_work_sync(&work);
}
