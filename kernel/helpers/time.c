// SPDX-License-Identifier: MIT OR GPL-2.0-only
/* ktime.h, hrtimer.h, delay.h */
#include <linux/delay.h>
#include <linux/ktime.h>
#include <linux/timekeeping.h>
#include <linux/hrtimer.h>
#include "helpers.h"
#include "timer.h"

unsigned long long lunatik_h_ktime_get_ns(void)
{
	return ktime_get_ns();
}

void lunatik_h_msleep(unsigned int milliseconds)
{
	msleep(milliseconds);
}

unsigned long long lunatik_h_ktime_get_real_ns(void)
{
	return ktime_get_real_ns();
}

unsigned long long lunatik_h_fast_real_clock(void)
{
	return ktime_get_real_fast_ns();
}

unsigned long long lunatik_h_fast_clock(void)
{
	/* Not local_clock(): where the TSC is unstable that stands still until the next tick, and with interrupts off none comes. */
	return ktime_get_mono_fast_ns();
}

static enum hrtimer_restart tick(struct hrtimer *timer)
{
	struct lunatik_h_timer *t = container_of(timer, struct lunatik_h_timer, timer);

	if (!t->tick(t->argument))
		return HRTIMER_NORESTART;
	hrtimer_forward_now(timer, ns_to_ktime(t->period));
	return HRTIMER_RESTART;
}

void lunatik_h_timer_init(void *timer, int (*function)(void *argument), void *argument)
{
	struct lunatik_h_timer *t = timer;

	t->tick = function;
	t->argument = argument;
	/* Hard: softirq handlers are among what it watches, so it cannot be one. */
#ifdef LUNATIK_HRTIMER_SETUP
	hrtimer_setup(&t->timer, tick, CLOCK_MONOTONIC, HRTIMER_MODE_REL_HARD);
#else
	hrtimer_init(&t->timer, CLOCK_MONOTONIC, HRTIMER_MODE_REL_HARD);
	t->timer.function = tick;
#endif
}

void lunatik_h_timer_start(void *timer, unsigned long long period)
{
	struct lunatik_h_timer *t = timer;

	t->period = period;
	hrtimer_start(&t->timer, ns_to_ktime(period), HRTIMER_MODE_REL_HARD);
}

void lunatik_h_timer_cancel(void *timer)
{
	hrtimer_cancel(&((struct lunatik_h_timer *)timer)->timer);
}
