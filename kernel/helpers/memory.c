// SPDX-License-Identifier: MIT OR GPL-2.0-only
/* slab.h, mm.h, vmalloc.h, gfp.h. A failed allocation is an ordinary Lua error, so the kernel must not warn about it. */
#include <linux/slab.h>
#include <linux/mm.h>
#include <linux/gfp.h>
#include <linux/mutex.h>
#include <linux/preempt.h>
#include <linux/sched.h>
#include <linux/vmalloc.h>
#include "helpers.h"

#define LUNATIK_GFP(atomic) ((atomic) ? GFP_ATOMIC | __GFP_NOWARN : GFP_KERNEL | __GFP_NOWARN | __GFP_NORETRY)

int lunatik_h_failing;
static struct task_struct *failing_task;
static unsigned long failing_after;

int lunatik_h_fail_allocation(unsigned long nth)
{
	static DEFINE_MUTEX(turn);

	if (nth) {
		if (!mutex_trylock(&turn))
			return -EBUSY;
		failing_after = nth;
		WRITE_ONCE(failing_task, current);
		WRITE_ONCE(lunatik_h_failing, 1);
	} else if (failing_task == current) {
		WRITE_ONCE(lunatik_h_failing, 0);
		WRITE_ONCE(failing_task, NULL);
		mutex_unlock(&turn);
	}
	return 0;
}

int lunatik_h_should_fail(void)
{
	if (READ_ONCE(failing_task) != current || !in_task())
		return 0;
	/* Stays at one: Lua collects its garbage and asks again, and must not get it then. */
	if (failing_after > 1) {
		failing_after--;
		return 0;
	}
	return 1;
}

static inline bool fails(void)
{
	return unlikely(READ_ONCE(lunatik_h_failing)) && lunatik_h_should_fail();
}

void *lunatik_h_kmalloc(size_t size, int atomic)
{
	return size > KMALLOC_MAX_SIZE || fails() ? NULL : kmalloc(size, LUNATIK_GFP(atomic));
}

void lunatik_h_kfree(const void *memory)
{
	kfree(memory);
}

void *lunatik_h_kvmalloc(size_t size, int atomic)
{
	if (atomic)
		return lunatik_h_kmalloc(size, atomic);
	/* kvmalloc() warns above INT_MAX whatever the flags say. */
	return size > INT_MAX || fails() ? NULL : kvmalloc(size, GFP_KERNEL | __GFP_NOWARN);
}

void *lunatik_h_kvzalloc(size_t size, int atomic)
{
	void *memory = lunatik_h_kvmalloc(size, atomic);

	if (memory)
		memset(memory, 0, size);
	return memory;
}

static void free_deferred(void **memory)
{
	vfree(memory);
}

void lunatik_h_kvfree(const void *memory)
{
	/* vfree() may sleep, and asks only whether it is in an interrupt: not under a lock with interrupts off. */
	if (is_vmalloc_addr(memory) && !lunatik_h_preemptible_sleep())
		lunatik_h_defer((void **)memory, free_deferred);
	else
		kvfree(memory);
}

void *lunatik_h_page(int atomic)
{
	return fails() ? NULL : (void *)__get_free_page(LUNATIK_GFP(atomic));
}

void lunatik_h_freepage(void *page)
{
	free_page((unsigned long)page);
}
