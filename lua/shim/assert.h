/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
#ifndef LUNATIK_SHIM_ASSERT_H
#define LUNATIK_SHIM_ASSERT_H

#define assert(condition) ((void)0)

#endif
