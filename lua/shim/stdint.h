/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* The two types Lua uses; the exact-width ones would differ from the kernel's (long against long long). */
#ifndef LUNATIK_SHIM_STDINT_H
#define LUNATIK_SHIM_STDINT_H

typedef __INTPTR_TYPE__ intptr_t;
typedef __UINTPTR_TYPE__ uintptr_t;

#ifndef INTPTR_MAX
#define INTPTR_MAX __INTPTR_MAX__
#endif
#ifndef UINTPTR_MAX
#define UINTPTR_MAX __UINTPTR_MAX__
#endif

#endif
