// SPDX-License-Identifier: MIT OR GPL-2.0-only
/* sched.h, preempt.h and what is known about stacks */
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/preempt.h>
#include <linux/cpumask.h>
#include <linux/smp.h>
#include <linux/irqflags.h>
#include "helpers.h"
#include "stack.h"

struct task_struct *lunatik_h_current(void)
{
	return current;
}

unsigned long long lunatik_h_task_time(void)
{
	/* Brought up to date by each tick and each switch: right on the average. */
	return current->se.sum_exec_runtime;
}

int lunatik_h_pid(struct task_struct *task)
{
	return task_pid_nr(task);
}

int lunatik_h_tgid(struct task_struct *task)
{
	return task_tgid_nr(task);
}

void lunatik_h_cond_resched(void)
{
	cond_resched();
}

/* A signal that dumps core does not kill the other threads at once, and so marks none of them: it is only pending. */
static bool coredump_signal_pending(void)
{
	bool found = false;
	int sig;

	spin_lock_irq(&current->sighand->siglock);
	for (sig = 1; sig < SIGRTMIN && !found; sig++)
		found = sig_kernel_coredump(sig) && !sigismember(&current->blocked, sig) &&
			(sigismember(&current->pending.signal, sig) || sigismember(&current->signal->shared_pending.signal, sig)) &&
			current->sighand->action[sig - 1].sa.sa_handler == SIG_DFL;
	spin_unlock_irq(&current->sighand->siglock);
	return found;
}

int lunatik_h_fatal_signal_pending(void)
{
	return fatal_signal_pending(current) || (signal_pending(current) && coredump_signal_pending());
}

int lunatik_h_is_exiting(void)
{
	return !!(current->flags & PF_EXITING);
}

#ifndef CONFIG_PREEMPT_COUNT
#error "without CONFIG_PREEMPT_COUNT nothing says whether a spinlock is held, and objects could be freed under one"
#endif

/* Whether sleeping is legal where this is called. */
static inline bool may_sleep_here(void)
{
	return in_task() && !irqs_disabled() && !in_atomic() && !rcu_preempt_depth();
}

int lunatik_h_preemptible_sleep(void)
{
	return may_sleep_here();
}

int lunatik_h_irqs_disabled(void)
{
	return irqs_disabled();
}

int lunatik_h_is_kthread(void)
{
	return !!(current->flags & PF_KTHREAD);
}

int lunatik_h_cpu(void)
{
	return raw_smp_processor_id();
}

unsigned int lunatik_h_cpus(void)
{
	return nr_cpu_ids;
}

int lunatik_h_next_cpu(int cpu)
{
	unsigned int next = cpumask_next(cpu, cpu_possible_mask);

	return next < nr_cpu_ids ? next : -1;
}

void lunatik_h_here(struct lunatik_h_place *place)
{
	struct task_struct *task = current;
	unsigned long sp = (unsigned long)__builtin_frame_address(0);

	place->task = task;
	place->stack_pointer = sp;
	place->stack_left = lunatik_h_stack_left(task, sp);
	place->may_sleep = may_sleep_here();
}

struct lunatik_h_locked lunatik_h_sleeper(unsigned long reserve, unsigned long least, unsigned long most)
{
	struct task_struct *task = current;
	unsigned long sp = lunatik_h_stack_pointer();
	/* Who may sleep is on the task's own stack. */
	long limit = stack_limit(sp, sp - (unsigned long)task_stack_page(task), reserve, least, most);

	if (unlikely(!may_sleep_here() || limit == -EOVERFLOW))
		task = NULL;
	return (struct lunatik_h_locked){ task, limit };
}
