// SPDX-License-Identifier: MIT OR GPL-2.0-only
/* sched.h */
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/string.h>
#include "lunatik/module.h"
#include "helpers.h"

int lunatik_h_pid_alive(const struct task_struct *task)
{
	return pid_alive(task);
}

unsigned int lunatik_h_task_cpu(const struct task_struct *task)
{
	return task_cpu(task);
}

unsigned long lunatik_h_task_command(const struct task_struct *task, char *command, unsigned long size)
{
	/* Another task may be writing it, but its last byte is always zero. */
	strscpy(command, task->comm, size);
	return strlen(command);
}

int lunatik_h_task_pid(struct task_struct *task)
{
	return task_pid_nr(task);
}

int lunatik_h_task_tgid(struct task_struct *task)
{
	return task_tgid_nr(task);
}

LUNATIK_MODULE(thread, "Lua library: kernel threads");
