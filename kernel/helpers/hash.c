// SPDX-License-Identifier: MIT OR GPL-2.0-only
/* siphash.h */
#include <linux/siphash.h>
#include "helpers.h"

unsigned int lunatik_h_hsiphash(const void *data, size_t size, const unsigned long long key[2])
{
	const hsiphash_key_t hkey = { { key[0], key[1] } };

	return hsiphash(data, size, &hkey);
}
