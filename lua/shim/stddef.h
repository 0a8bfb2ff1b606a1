/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* The same types as the kernel's own headers declare, so that a file may see both. */
#ifndef LUNATIK_SHIM_STDDEF_H
#define LUNATIK_SHIM_STDDEF_H

typedef __SIZE_TYPE__ size_t;
typedef __PTRDIFF_TYPE__ ptrdiff_t;

#ifndef NULL
#define NULL ((void *)0)
#endif
#ifndef offsetof
#define offsetof(type, member) __builtin_offsetof(type, member)
#endif

#endif
