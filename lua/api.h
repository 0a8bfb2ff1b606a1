/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * Lua's public API as this module configures it: include this and never lua.h itself, whose number type, extra space
 * and buffer sizes would be others. Works in kernel C and in freestanding C++; kbuild.mk says which directories the
 * compiler must search (lua-api-cflags, lua-api-cxxflags).
 */
#ifndef LUNATIK_API_H
#define LUNATIK_API_H

#if defined(__KERNEL__) && !defined(__cplusplus)
/* The kernel's definitions come first, so that the shims below lua.h find theirs already made. */
#include <linux/types.h>
#include <linux/stddef.h>
#include <linux/stdarg.h>
#include <linux/limits.h>
#endif

#ifdef __cplusplus
/* Lua's headers want these; libstdc++ reads the C library's anyway, and they do not belong into extern "C". */
#include <limits.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#endif

#ifdef __cplusplus
extern "C" {
#endif

#ifndef LUNATIK_PUBLIC_ONLY
#define LUNATIK_PUBLIC_ONLY
#endif
#include "overlay.h"
#include "lua.h"
#include "lauxlib.h"
#include "lualib.h"
#include "host.h"

#ifdef __cplusplus
}
#endif

#endif
