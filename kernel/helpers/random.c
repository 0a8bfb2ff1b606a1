// SPDX-License-Identifier: MIT OR GPL-2.0-only
/* random.h */
#include <linux/random.h>
#include "helpers.h"
#include "host.h"

unsigned long long lunatik_h_random_u64(void)
{
	return get_random_u64();
}

unsigned int lunatik_random32(void)
{
	return get_random_u32();
}
