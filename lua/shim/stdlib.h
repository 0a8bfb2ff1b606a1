/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
#ifndef LUNATIK_SHIM_STDLIB_H
#define LUNATIK_SHIM_STDLIB_H

#include <stddef.h>
#include "host.h"

static inline int abs(int x)
{
	return x < 0 ? -x : x;
}

/* luaD_throw() comes here when an error is raised outside every protected call. */
#define abort() lunatik_bug("a Lua error outside of a protected call")

/* The allocator of luaL_newstate(), which nobody has: a state belongs to a runtime that limits its memory. */
static inline void *realloc(void *block, size_t size)
{
	(void)block;
	(void)size;
	return NULL;
}

static inline void free(void *block)
{
	(void)block;
}

#endif
