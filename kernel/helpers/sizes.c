// SPDX-License-Identifier: MIT OR GPL-2.0-only
/*
 * Sizes of the kernel structures that C++ keeps as opaque storage. Compiled to assembler only; kbuild's offsets rule
 * turns that into sizes.h, as the kernel does for its own assembler files.
 */
#include <linux/kbuild.h>
#include <linux/completion.h>
#include <linux/mutex.h>
#include <linux/spinlock.h>
#include <linux/wait.h>
#include <linux/hrtimer.h>
#include <linux/ratelimit_types.h>
#include <linux/miscdevice.h>
#include "lock.h"
#include "timer.h"

int main(void);
int main(void)
{
	DEFINE(LUNATIK_SIZEOF_LOCK, sizeof(union lunatik_h_lock));
	DEFINE(LUNATIK_SIZEOF_SPIN, sizeof(raw_spinlock_t));
	DEFINE(LUNATIK_SIZEOF_MUTEX, sizeof(struct mutex));
	DEFINE(LUNATIK_SIZEOF_WAITQUEUE, sizeof(wait_queue_head_t));
	DEFINE(LUNATIK_SIZEOF_COMPLETION, sizeof(struct completion));
	DEFINE(LUNATIK_SIZEOF_TIMER, sizeof(struct lunatik_h_timer));
	DEFINE(LUNATIK_SIZEOF_RATELIMIT, sizeof(struct ratelimit_state));
	return 0;
}
