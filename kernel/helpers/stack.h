/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* For C helpers: how much is left of the stack that the code runs on. */
#ifndef LUNATIK_HELPERS_STACK_H
#define LUNATIK_HELPERS_STACK_H

#include <linux/sched/task_stack.h>
#include "helpers.h"

/*
 * An interrupt stack is as large as a task's, but nothing exported says where this CPU's begins. Interrupt and softirq
 * entries use the first few KiB of it before a hook runs; what is left for certain is taken to be nine sixteenths: of 16 KiB,
 * 7 are theirs.
 */
#define INTERRUPT_STACK_LEFT (THREAD_SIZE / 16 * 9)

/* Where the stack is now. A register is read without the frame that the builtin makes the compiler set up. */
#ifdef CONFIG_X86
#define lunatik_h_stack_pointer() current_stack_pointer
#else
#define lunatik_h_stack_pointer() ((unsigned long)__builtin_frame_address(0))
#endif

static inline unsigned long lunatik_h_stack_left(struct task_struct *task, unsigned long sp)
{
	unsigned long left = sp - (unsigned long)task_stack_page(task);

	return left < THREAD_SIZE ? left : INTERRUPT_STACK_LEFT;
}

/*
 * The lowest address of the stack that may be used, so that @reserve is left below and @most is used at most; -EOVERFLOW where less than
 * @least is left above the reserve. A byte more or less of stack is none: the lowest bit is free.
 */
static __always_inline long stack_limit(unsigned long sp, unsigned long left, unsigned long reserve, unsigned long least, unsigned long most)
{
	unsigned long usable = left - reserve;

	if (unlikely(left < reserve + least))
		return -EOVERFLOW;
	if (usable > most)
		usable = most;
	return (sp - usable) & ~(unsigned long)LUNATIK_H_DISABLED;
}

#endif
