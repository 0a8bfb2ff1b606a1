// SPDX-License-Identifier: MIT OR GPL-2.0-only
/* slab.h, mm.h, vmalloc.h, gfp.h. A failed allocation is an ordinary Lua error, so the kernel must not warn about it. */
#include <linux/slab.h>
#include <linux/mm.h>
#include <linux/gfp.h>
#include <linux/mutex.h>
#include <linux/preempt.h>
#include <linux/sched.h>
#include <linux/sizes.h>
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
	if (size > (atomic ? KMALLOC_MAX_SIZE : INT_MAX) || fails())
		return NULL;
	return atomic ? kzalloc(size, LUNATIK_GFP(1)) : kvzalloc(size, GFP_KERNEL | __GFP_NOWARN);
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

/*
 * Memory of Lua states. Lua writes what it asks for before anybody sees it, and most of it at once: a string, say. A cache with a
 * constructor is one whose blocks the kernel does not zero as well each time (init_on_alloc); it does zero the slabs. Where memory is
 * to be zeroed when it is freed (init_on_free), that is done here.
 */
static struct kmem_cache *blocks[5];

#define BLOCK_STEP 512
#define BLOCK_MOST 8192

/* 4608: a page's bytes, as those of a write(2), and the head that a string has. */
static const struct {
	unsigned int size;
	const char *name;
} kinds[] = {
	{ 512, "lunatik_512" }, { 1024, "lunatik_1024" }, { 2048, "lunatik_2048" }, { 4608, "lunatik_4608" }, { 8192, "lunatik_8192" },
};
static const unsigned char kind_of[BLOCK_MOST / BLOCK_STEP] = { 0, 1, 2, 2, 3, 3, 3, 3, 3, 4, 4, 4, 4, 4, 4, 4 };

void *lunatik_h_block(size_t size, int atomic)
{
	/* KASAN knows where a block ends only if kmalloc() was told. */
	if (IS_ENABLED(CONFIG_KASAN) || size > BLOCK_MOST || !size)
		return lunatik_h_kvmalloc(size, atomic);
	return fails() ? NULL : kmem_cache_alloc(blocks[kind_of[(size - 1) / BLOCK_STEP]], LUNATIK_GFP(atomic));
}

void lunatik_h_freeblock(void *block, size_t size)
{
	if (want_init_on_free() && size <= BLOCK_MOST)
		memset(block, 0, size);
	lunatik_h_kvfree(block);
}

/* Not of such a cache: the word that links its free blocks would make two pages of each. */
void *lunatik_h_page(int atomic)
{
	return fails() ? NULL : (void *)__get_free_page(LUNATIK_GFP(atomic));
}

void lunatik_h_freepage(void *page)
{
	free_page((unsigned long)page);
}

void lunatik_h_copy_page(void *to, const void *from)
{
	/* A pool's pages have 4 KiB (vm/pool.hpp), also where the machine's are larger. */
	if (PAGE_SIZE == SZ_4K)
		copy_page(to, (void *)from);
	else
		memcpy(to, from, SZ_4K);
}

static void leave_alone(void *block)
{
}

/* Strings of scripts are copied to and from tasks' memory. */
static struct kmem_cache *cache(const char *name, unsigned int size)
{
	return kmem_cache_create_usercopy(name, size, 0, 0, 0, size, leave_alone);
}

int lunatik_h_memory_init(void)
{
	int i;

	BUILD_BUG_ON(ARRAY_SIZE(blocks) != ARRAY_SIZE(kinds));
	for (i = 0; i < ARRAY_SIZE(kinds); i++) {
		blocks[i] = cache(kinds[i].name, kinds[i].size);
		if (!blocks[i])
			break;
	}
	if (i == ARRAY_SIZE(kinds))
		return 0;
	lunatik_h_memory_exit();
	return -ENOMEM;
}

void lunatik_h_memory_exit(void)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(kinds); i++)
		kmem_cache_destroy(blocks[i]);
}
