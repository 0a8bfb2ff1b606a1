// SPDX-License-Identifier: MIT OR GPL-2.0-only
/* refcount.h */
#include <linux/refcount.h>
#include "helpers.h"

static_assert(sizeof(refcount_t) == sizeof(unsigned int));

void lunatik_h_refcount_set(unsigned int *count, unsigned int value)
{
	refcount_set((refcount_t *)count, value);
}

void lunatik_h_refcount_inc(unsigned int *count)
{
	refcount_inc((refcount_t *)count);
}

int lunatik_h_refcount_inc_not_zero(unsigned int *count)
{
	return refcount_inc_not_zero((refcount_t *)count);
}

int lunatik_h_refcount_dec_and_test(unsigned int *count)
{
	return refcount_dec_and_test((refcount_t *)count);
}
