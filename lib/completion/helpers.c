// SPDX-License-Identifier: MIT OR GPL-2.0-only
/* completion.h, swait.h */
#include <linux/completion.h>
#include <linux/sched.h>
#include "lunatik/module.h"
#include "helpers.h"

void lunatik_h_init_completion(void *completion)
{
	init_completion((struct completion *)completion);
}

void lunatik_h_complete(void *completion)
{
	complete((struct completion *)completion);
}

void lunatik_h_complete_all(void *completion)
{
	complete_all((struct completion *)completion);
}

int lunatik_h_try_wait_for_completion(void *completion)
{
	return try_wait_for_completion((struct completion *)completion);
}

void *lunatik_h_completion_queue(void *completion)
{
	return &((struct completion *)completion)->wait;
}

unsigned int lunatik_h_task_interruptible(void)
{
	return TASK_INTERRUPTIBLE;
}

LUNATIK_MODULE(completion, "Lua library: wait until something is done");
