// SPDX-License-Identifier: MIT OR GPL-2.0-only
/* mutex.h, spinlock.h */
#include <linux/jiffies.h>
#include <linux/ktime.h>
#include <linux/mutex.h>
#include <linux/percpu.h>
#include <linux/preempt.h>
#include <linux/sched/signal.h>
#include <linux/spinlock.h>
#include "helpers.h"
#include "lock.h"
#include "stack.h"

enum { PROCESS, SOFTIRQ, HARDIRQ };

void lunatik_h_lock_init(void *lock, int context)
{
	union lunatik_h_lock *l = lock;

	/* Three call sites, so that lockdep sees three classes of locks: each has one context. */
	if (context == PROCESS)
		mutex_init(&l->mutex);
	else if (context == SOFTIRQ)
		spin_lock_init(&l->spinlock);
	else
		raw_spin_lock_init(&l->raw);
}

void lunatik_h_lock_of_runtime(void *lock, int context)
{
	static struct lock_class_key runtime_keys[3];
	union lunatik_h_lock *l __maybe_unused = lock; /* without lockdep */

	if (context == PROCESS)
		lockdep_set_class_and_name(&l->mutex, &runtime_keys[PROCESS], "lunatik_runtime");
	else if (context == SOFTIRQ)
		lockdep_set_class_and_name(&l->spinlock, &runtime_keys[SOFTIRQ], "lunatik_runtime_softirq");
	else
		lockdep_set_class_and_name(&l->raw, &runtime_keys[HARDIRQ], "lunatik_runtime_hardirq");
}

void lunatik_h_lock_destroy(void *lock, int context)
{
	union lunatik_h_lock *l = lock;

	if (context == PROCESS)
		mutex_destroy(&l->mutex);
}

/*
 * How many spinning locks of runtimes and objects this CPU holds or waits for. An event that comes from inside such a section,
 * an interrupt that cannot be masked or a probe on what runs there, must not wait for a runtime: it could be the one that is
 * locked here, or one whose owner waits for what is locked here. Written with the section's own protection (bottom halves or
 * interrupts off), from before the lock is tried until after it is free.
 */
union held {
	struct {
		int softirq, hardirq;
	};
	u64 any;	/* nonzero if one of them is */
};
static DEFINE_PER_CPU(union held, held);

static void hold(union lunatik_h_lock *l, int context, unsigned long *flags)
{
	if (context == SOFTIRQ) {
		local_bh_disable();
		this_cpu_inc(held.softirq);
		spin_lock(&l->spinlock);
	} else {
		local_irq_save(*flags);
		this_cpu_inc(held.hardirq);
		raw_spin_lock(&l->raw);
	}
}

int lunatik_h_lock(void *lock, int context, int uninterruptible, int depth, unsigned long *flags)
{
	union lunatik_h_lock *l = lock;

	*flags = 0;
	if (context == PROCESS) {
		if (!uninterruptible)
			return mutex_lock_interruptible_nested(&l->mutex, depth) ? -EINTR : 0;
		mutex_lock_nested(&l->mutex, depth);
	} else {
		hold(l, context, flags);
	}
	return 0;
}

/*
 * Nothing preempts where bottom halves or interrupts are off, so that a lock is the lock itself there. Where locks are watched, those
 * who watch are told.
 */
#if defined(CONFIG_DEBUG_SPINLOCK) || defined(CONFIG_DEBUG_LOCK_ALLOC) || defined(CONFIG_PREEMPT_RT)
#define softirq_trylock(lock) false
#define softirq_lock(lock) spin_lock(lock)
#define softirq_unlock(lock) spin_unlock(lock)
#define hardirq_trylock(lock) raw_spin_trylock(lock)
#define hardirq_unlock(lock) raw_spin_unlock(lock)
#else
#define softirq_trylock(lock) arch_spin_trylock(&(lock)->rlock.raw_lock)
#define softirq_lock(lock) arch_spin_lock(&(lock)->rlock.raw_lock)
#define softirq_unlock(lock) arch_spin_unlock(&(lock)->rlock.raw_lock)
#define hardirq_trylock(lock) arch_spin_trylock(&(lock)->raw_lock)
#define hardirq_unlock(lock) arch_spin_unlock(&(lock)->raw_lock)
#endif

/* Apart, and the last thing that is done: what waits or calls wants registers saved, which the way of every packet does not. */
static noinline struct lunatik_h_locked wait_softirq(union lunatik_h_lock *l, struct task_struct *task, unsigned long limit)
{
	softirq_lock(&l->spinlock);
	return (struct lunatik_h_locked){ task, limit };
}

/* Where bottom halves are off already, or interrupts are, nothing is to be done about them. */
static noinline struct lunatik_h_locked lock_softirq_of_task(union lunatik_h_lock *l, struct task_struct *task, unsigned long limit)
{
	bool disable = !irqs_disabled();

	if (disable)
		local_bh_disable();
	if (unlikely(this_cpu_read(held.any))) {
		if (disable)
			local_bh_enable();
		return (struct lunatik_h_locked){ NULL, -EDEADLK };
	}
	this_cpu_inc(held.softirq);
	return wait_softirq(l, task, disable ? limit | LUNATIK_H_DISABLED : limit);
}

struct lunatik_h_locked lunatik_h_lock_softirq(void *lock, unsigned long reserve, unsigned long least, unsigned long most)
{
	union lunatik_h_lock *l = lock;
	unsigned int count = preempt_count();
	struct task_struct *task = current;
	unsigned long sp = lunatik_h_stack_pointer();
	long limit = stack_limit(sp, lunatik_h_stack_left(task, sp), reserve, least, most);

	/* Of what is no task, a softirq is what it mostly is: one look is enough for that. */
	count &= NMI_MASK | HARDIRQ_MASK | SOFTIRQ_MASK;
	if (unlikely(count - 1 >= SOFTIRQ_MASK)) {
		if (count)
			return (struct lunatik_h_locked){ NULL, -EDEADLK };
		if (limit == -EOVERFLOW)
			return (struct lunatik_h_locked){ NULL, -EOVERFLOW };
		return lock_softirq_of_task(l, task, limit);
	}
	if (unlikely(limit == -EOVERFLOW))
		return (struct lunatik_h_locked){ NULL, -EOVERFLOW };
	if (unlikely(this_cpu_read(held.any)))
		return (struct lunatik_h_locked){ NULL, -EDEADLK };
	this_cpu_inc(held.softirq);
	if (unlikely(!softirq_trylock(&l->spinlock)))
		return wait_softirq(l, task, limit);
	return (struct lunatik_h_locked){ task, limit };
}

/* The end of a section of a hardirq runtime's lock, once that is free. */
static __always_inline void no_longer_held(unsigned long limit)
{
	this_cpu_dec(held.hardirq);
	if (limit & LUNATIK_H_DISABLED)
		local_irq_enable();
}

/*
 * An event of a hardirq runtime may come while this CPU holds any spinning lock of the kernel's, a probe's does. Whoever is inside on
 * another CPU may want that very lock, to allocate for one, so that waiting might never end: the event is missed instead. The time is
 * less than a handler's budget, so that the other one is not ended for it. A task that holds none may wait.
 */
static noinline struct lunatik_h_locked wait_hardirq(union lunatik_h_lock *l, struct task_struct *task, unsigned long limit)
{
	bool holds = !IS_ENABLED(CONFIG_PREEMPT_COUNT) || preempt_count() || !(limit & LUNATIK_H_DISABLED);
	u64 end = ktime_get_mono_fast_ns() + 20 * NSEC_PER_MSEC;

	while (!hardirq_trylock(&l->raw)) {
		if (holds && ktime_get_mono_fast_ns() > end) {
			no_longer_held(limit);
			return (struct lunatik_h_locked){ NULL, -ETIMEDOUT };
		}
		cpu_relax();
	}
	return (struct lunatik_h_locked){ task, limit };
}

struct lunatik_h_locked lunatik_h_lock_hardirq(void *lock, unsigned long reserve, unsigned long least, unsigned long most)
{
	union lunatik_h_lock *l = lock;
	struct task_struct *task = current;
	unsigned long sp = lunatik_h_stack_pointer();
	long limit = stack_limit(sp, lunatik_h_stack_left(task, sp), reserve, least, most);
	unsigned long flags;

	if (unlikely(in_nmi()))
		return (struct lunatik_h_locked){ NULL, -EDEADLK };
	if (unlikely(limit == -EOVERFLOW))
		return (struct lunatik_h_locked){ NULL, -EOVERFLOW };
	local_irq_save(flags);
	if (unlikely(this_cpu_read(held.hardirq))) {
		local_irq_restore(flags);
		return (struct lunatik_h_locked){ NULL, -EDEADLK };
	}
	this_cpu_inc(held.hardirq);
	if (!irqs_disabled_flags(flags))
		limit |= LUNATIK_H_DISABLED;
	if (unlikely(!hardirq_trylock(&l->raw)))
		return wait_hardirq(l, task, limit);
	return (struct lunatik_h_locked){ task, limit };
}

void lunatik_h_unlock_hardirq(void *lock, long limit)
{
	hardirq_unlock(&((union lunatik_h_lock *)lock)->raw);
	no_longer_held(limit);
}

int lunatik_h_lock_process(void *lock)
{
	return mutex_lock_interruptible(&((union lunatik_h_lock *)lock)->mutex);
}

void lunatik_h_unlock_process(void *lock)
{
	if (unlikely(current->flags & PF_KTHREAD))
		lunatik_h_flush_signals();
	mutex_unlock(&((union lunatik_h_lock *)lock)->mutex);
}

void lunatik_h_unlock_softirq(void *lock, long limit)
{
	softirq_unlock(&((union lunatik_h_lock *)lock)->spinlock);
	this_cpu_dec(held.softirq);
	if (limit & LUNATIK_H_DISABLED)
		local_bh_enable();
}

int lunatik_h_trylock(void *lock)
{
	return mutex_trylock(&((union lunatik_h_lock *)lock)->mutex);
}

int lunatik_h_lock_briefly(void *lock, unsigned int milliseconds, int interruptible)
{
	union lunatik_h_lock *l = lock;
	unsigned long end = jiffies + msecs_to_jiffies(milliseconds);

	while (!mutex_trylock(&l->mutex)) {
		if (time_after(jiffies, end))
			return -ETIMEDOUT;
		if (!interruptible)
			schedule_timeout_uninterruptible(1);
		else if (signal_pending(current))
			return -EINTR;
		else
			schedule_timeout_interruptible(1);
	}
	return 0;
}

void lunatik_h_unlock(void *lock, int context, unsigned long flags)
{
	union lunatik_h_lock *l = lock;

	if (context == PROCESS) {
		mutex_unlock(&l->mutex);
	} else if (context == SOFTIRQ) {
		spin_unlock(&l->spinlock);
		this_cpu_dec(held.softirq);
		local_bh_enable();
	} else {
		raw_spin_unlock(&l->raw);
		this_cpu_dec(held.hardirq);
		local_irq_restore(flags);
	}
}

static struct lock_class_key keys[LUNATIK_H_KEYS];
static const char *const names[] = {
	[LUNATIK_H_REGISTRY] = "lunatik_registry",
	[LUNATIK_H_SESSION] = "lunatik_session",
	[LUNATIK_H_SESSION_INPUT] = "lunatik_session_input",
	[LUNATIK_H_SESSION_OUTPUT] = "lunatik_session_output",
	[LUNATIK_H_RUNTIMES] = "lunatik_runtimes",
	[LUNATIK_H_ENDINGS] = "lunatik_endings",
	[LUNATIK_H_TABLE] = "lunatik_table",
	[LUNATIK_H_TABLES] = "lunatik_tables",
	[LUNATIK_H_JOURNAL] = "lunatik_journal",
	[LUNATIK_H_STATES] = "lunatik_states",
};

void lunatik_h_spin_init(void *lock, enum lunatik_h_key key)
{
	raw_spin_lock_init((raw_spinlock_t *)lock);
	lockdep_set_class_and_name((raw_spinlock_t *)lock, &keys[key], names[key]);
}

unsigned long lunatik_h_spin_lock_irqsave(void *lock)
{
	unsigned long flags;

	local_irq_save(flags);
	this_cpu_inc(held.hardirq);
	raw_spin_lock((raw_spinlock_t *)lock);
	return flags;
}

void lunatik_h_spin_unlock_irqrestore(void *lock, unsigned long flags)
{
	raw_spin_unlock((raw_spinlock_t *)lock);
	this_cpu_dec(held.hardirq);
	local_irq_restore(flags);
}

void lunatik_h_mutex_init(void *mutex, enum lunatik_h_key key)
{
	__mutex_init(mutex, names[key], &keys[key]);
}

int lunatik_h_mutex_lock_interruptible(void *mutex)
{
	return mutex_lock_interruptible(mutex) ? -EINTR : 0;
}

void lunatik_h_mutex_lock(void *mutex)
{
	mutex_lock(mutex);
}

void lunatik_h_mutex_unlock(void *mutex)
{
	mutex_unlock(mutex);
}
