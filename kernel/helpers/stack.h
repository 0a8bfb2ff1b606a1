/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* For C helpers: how much is left of the stack that the code runs on. */
#ifndef LUNATIK_HELPERS_STACK_H
#define LUNATIK_HELPERS_STACK_H

#include <linux/sched/task_stack.h>

/*
 * An interrupt stack is as large as a task's, but nothing exported says where this CPU's begins. Interrupt and softirq
 * entries use the first few KiB of it before a hook runs; what is left for certain is taken to be nine sixteenths: of 16 KiB,
 * 7 are theirs.
 */
#define INTERRUPT_STACK_LEFT (THREAD_SIZE / 16 * 9)

static inline unsigned long lunatik_h_stack_left(struct task_struct *task, unsigned long sp)
{
	unsigned long left = sp - (unsigned long)task_stack_page(task);

	return left < THREAD_SIZE ? left : INTERRUPT_STACK_LEFT;
}

#endif
