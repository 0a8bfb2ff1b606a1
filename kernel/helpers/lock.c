// SPDX-License-Identifier: MIT OR GPL-2.0-only
/* mutex.h, spinlock.h */
#include <linux/jiffies.h>
#include <linux/mutex.h>
#include <linux/sched.h>
#include <linux/spinlock.h>
#include "helpers.h"
#include "lock.h"

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

void lunatik_h_lock_destroy(void *lock, int context)
{
	union lunatik_h_lock *l = lock;

	if (context == PROCESS)
		mutex_destroy(&l->mutex);
}

int lunatik_h_lock(void *lock, int context, int uninterruptible, int depth, unsigned long *flags)
{
	union lunatik_h_lock *l = lock;

	*flags = 0;
	if (context == PROCESS) {
		if (!uninterruptible)
			return mutex_lock_interruptible_nested(&l->mutex, depth) ? -EINTR : 0;
		mutex_lock_nested(&l->mutex, depth);
	} else if (context == SOFTIRQ) {
		spin_lock_bh(&l->spinlock);
	} else {
		raw_spin_lock_irqsave(&l->raw, *flags);
	}
	return 0;
}

int lunatik_h_trylock(void *lock, int context, unsigned long *flags)
{
	union lunatik_h_lock *l = lock;

	*flags = 0;
	if (context == PROCESS)
		return mutex_trylock(&l->mutex);
	if (context == SOFTIRQ)
		return spin_trylock_bh(&l->spinlock);
	return raw_spin_trylock_irqsave(&l->raw, *flags);
}

int lunatik_h_lock_briefly(void *lock, unsigned int milliseconds)
{
	union lunatik_h_lock *l = lock;
	unsigned long end = jiffies + msecs_to_jiffies(milliseconds);

	while (!mutex_trylock(&l->mutex)) {
		if (time_after(jiffies, end))
			return -ETIMEDOUT;
		schedule_timeout_uninterruptible(1);
	}
	return 0;
}

void lunatik_h_unlock(void *lock, int context, unsigned long flags)
{
	union lunatik_h_lock *l = lock;

	if (context == PROCESS)
		mutex_unlock(&l->mutex);
	else if (context == SOFTIRQ)
		spin_unlock_bh(&l->spinlock);
	else
		raw_spin_unlock_irqrestore(&l->raw, flags);
}

static struct lock_class_key keys[LUNATIK_H_KEYS];
static const char *const names[] = {
	[LUNATIK_H_REGISTRY] = "lunatik_registry",
	[LUNATIK_H_SESSION] = "lunatik_session",
	[LUNATIK_H_SESSION_INPUT] = "lunatik_session_input",
	[LUNATIK_H_SESSION_OUTPUT] = "lunatik_session_output",
	[LUNATIK_H_RUNTIMES] = "lunatik_runtimes",
	[LUNATIK_H_TABLE] = "lunatik_table",
	[LUNATIK_H_TABLES] = "lunatik_tables",
};

void lunatik_h_spin_init(void *lock, enum lunatik_h_key key)
{
	raw_spin_lock_init((raw_spinlock_t *)lock);
	lockdep_set_class_and_name((raw_spinlock_t *)lock, &keys[key], names[key]);
}

unsigned long lunatik_h_spin_lock_irqsave(void *lock)
{
	unsigned long flags;

	raw_spin_lock_irqsave((raw_spinlock_t *)lock, flags);
	return flags;
}

void lunatik_h_spin_unlock_irqrestore(void *lock, unsigned long flags)
{
	raw_spin_unlock_irqrestore((raw_spinlock_t *)lock, flags);
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
