// SPDX-License-Identifier: MIT OR GPL-2.0-only
/* slab.h, mm.h, gfp.h. A failed allocation is an ordinary Lua error, so the kernel must not warn about it. */
#include <linux/slab.h>
#include <linux/mm.h>
#include <linux/gfp.h>
#include "helpers.h"

#define LUNATIK_GFP(atomic) ((atomic) ? GFP_ATOMIC | __GFP_NOWARN : GFP_KERNEL | __GFP_NOWARN | __GFP_NORETRY)

void *lunatik_h_kmalloc(size_t size, int atomic)
{
	return size > KMALLOC_MAX_SIZE ? NULL : kmalloc(size, LUNATIK_GFP(atomic));
}

void *lunatik_h_kzalloc(size_t size, int atomic)
{
	return size > KMALLOC_MAX_SIZE ? NULL : kzalloc(size, LUNATIK_GFP(atomic));
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
	return size > INT_MAX ? NULL : kvmalloc(size, GFP_KERNEL | __GFP_NOWARN);
}

void *lunatik_h_kvzalloc(size_t size, int atomic)
{
	if (atomic)
		return lunatik_h_kzalloc(size, atomic);
	return size > INT_MAX ? NULL : kvzalloc(size, GFP_KERNEL | __GFP_NOWARN);
}

void lunatik_h_kvfree(const void *memory)
{
	kvfree(memory);
}

void *lunatik_h_page(int atomic)
{
	return (void *)__get_free_page(LUNATIK_GFP(atomic));
}

void lunatik_h_freepage(void *page)
{
	free_page((unsigned long)page);
}
