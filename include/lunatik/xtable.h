/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* What a rule of iptables holds for an extension in Lua: for luaxt and for the kernel. */
#ifndef LUNATIK_XTABLE_H
#define LUNATIK_XTABLE_H

#include <linux/types.h>

/** Bytes that userargs may have: the kernel's rules hold a block whose size is fixed for all rules of an extension. */
#define LUNATIK_XTABLE_USERARGS 1024

/**
 * struct lunatik_xtable_info - the data of a match or target in a rule
 * @size: bytes of @userargs
 * @userargs: what luaxt was given for the rule, zeroes behind it
 * @rule: the kernel's own, of 8 bytes in 32-bit programs too; programs neither see nor compare it
 */
struct lunatik_xtable_info {
	__u32 size;
	char userargs[LUNATIK_XTABLE_USERARGS];
	void *rule __attribute__((aligned(8)));
};

#endif
