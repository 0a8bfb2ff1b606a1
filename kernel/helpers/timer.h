/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* A periodic timer and what it calls. */
#ifndef LUNATIK_HELPERS_TIMER_H
#define LUNATIK_HELPERS_TIMER_H

#include <linux/hrtimer.h>

struct lunatik_h_timer {
	struct hrtimer timer;
	int (*tick)(void *argument);
	void *argument;
	u64 period;
};

#endif
