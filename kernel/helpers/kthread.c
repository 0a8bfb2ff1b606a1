// SPDX-License-Identifier: MIT OR GPL-2.0-only
/* kthread.h, sched/signal.h */
#include <linux/kthread.h>
#include <linux/module.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include <linux/signal.h>
#include <linux/slab.h>
#include "helpers.h"

struct start {
	lunatik_h_thread function;
	void *argument;
};

static int run(void *data)
{
	struct start start = *(struct start *)data;

	kfree(data);
	/* What interrupts a blocking call of a script: lunatik stop, Ctrl-C, thread:stop(). */
	allow_signal(SIGTERM);
	start.function(start.argument);
	module_put_and_kthread_exit(0);
	return 0;
}

struct task_struct *lunatik_h_kthread_create(lunatik_h_thread function, void *argument, const char *name, int *error)
{
	struct start *start = kmalloc(sizeof(*start), GFP_KERNEL);
	struct task_struct *task;

	if (!start) {
		*error = -ENOMEM;
		return NULL;
	}
	start->function = function;
	start->argument = argument;
	/* The thread runs code of this module, so the module must outlive it. */
	__module_get(THIS_MODULE);
	task = kthread_create(run, start, "%s", name);
	if (IS_ERR(task)) {
		module_put(THIS_MODULE);
		kfree(start);
		*error = PTR_ERR(task);
		return NULL;
	}
	*error = 0;
	return task;
}

void lunatik_h_wake_up_process(struct task_struct *task)
{
	wake_up_process(task);
}

void lunatik_h_get_task(struct task_struct *task)
{
	get_task_struct(task);
}

void lunatik_h_put_task(struct task_struct *task)
{
	put_task_struct(task);
}

void lunatik_h_interrupt_task(struct task_struct *task)
{
	if (task->flags & PF_KTHREAD)
		send_sig(SIGTERM, task, 1);
	else
		wake_up_process(task);
}

int lunatik_h_is_running(const struct task_struct *task)
{
	return task_is_running(task);
}

void lunatik_h_flush_signals(void)
{
	if (current->flags & PF_KTHREAD && signal_pending(current))
		flush_signals(current);
}
