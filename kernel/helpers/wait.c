// SPDX-License-Identifier: MIT OR GPL-2.0-only
/* wait.h */
#include <linux/wait.h>
#include <linux/swait.h>
#include <linux/sched/signal.h>
#include <linux/jiffies.h>
#include <linux/ktime.h>
#include <linux/timekeeping.h>
#include "helpers.h"

void lunatik_h_waitqueue_init(void *waitqueue)
{
	init_waitqueue_head((wait_queue_head_t *)waitqueue);
}

void lunatik_h_wake_up(void *waitqueue)
{
	wake_up_all((wait_queue_head_t *)waitqueue);
}

long lunatik_h_wait_state(void *waitqueue, void *also, lunatik_h_condition condition, void *argument, long milliseconds,
			  unsigned int state)
{
	wait_queue_head_t *queue = waitqueue;
	struct swait_queue_head *second = also;
	long left = milliseconds < 0 ? MAX_SCHEDULE_TIMEOUT : (long)msecs_to_jiffies(min(milliseconds, (long)INT_MAX));
	DEFINE_WAIT(wait);
	DECLARE_SWAITQUEUE(second_wait);
	u64 end = 0, now;
	int error = 0, met;

	/* Not a sleep at all, as for schedule_timeout() itself. */
	if (state == TASK_RUNNING) {
		cond_resched();
		return max(milliseconds, 1L);
	}
	for (;;) {
		prepare_to_wait(queue, &wait, state);
		if (second)
			prepare_to_swait_exclusive(second, &second_wait, state);
		met = condition(argument);
		if (met || !left)
			break;
		if (signal_pending_state(state, current)) {
			error = -EINTR;
			break;
		}
		if (!end && milliseconds > 0)
			end = ktime_get_ns() + (u64)min(milliseconds, (long)INT_MAX) * NSEC_PER_MSEC;
		left = schedule_timeout(left);
		/* Mostly that is what it was woken for, and no further sleep is to be prepared. */
		met = condition(argument);
		if (met)
			break;
		/*
		 * The jiffies that it began with may have been some behind the clock, where the CPU that counts them was held up:
		 * then they are over too soon.
		 */
		if (!left && end) {
			now = ktime_get_ns();
			left = now < end ? max(1L, (long)nsecs_to_jiffies(end - now)) : 0;
		}
	}
	finish_wait(queue, &wait);
	if (second)
		finish_swait(second, &second_wait);
	/* Whoever was woken through the second queue takes what it was woken for, whatever else ended its sleep. */
	if (met || ((second || !error) && condition(argument)))
		return milliseconds < 0 ? 1 : max(1L, (long)jiffies_to_msecs(left));
	return error;
}

/* TASK_IDLE: waiting for somebody outside, a client at its prompt, is no hung task. */
long lunatik_h_wait(void *waitqueue, lunatik_h_condition condition, void *argument, long milliseconds,
		    int interruptible)
{
	return lunatik_h_wait_state(waitqueue, NULL, condition, argument, milliseconds,
				    interruptible ? TASK_INTERRUPTIBLE : TASK_IDLE);
}
