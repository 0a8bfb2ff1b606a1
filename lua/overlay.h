/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * Turns Lua 5.4 into an integer-only language for the kernel without touching its text. It is force-included in front
 * of each of Lua's files (lua/kbuild.mk), includes the original headers itself and then redefines what they defined;
 * each file's own #include finds them read already. api.h includes the first part alone (LUNATIK_PUBLIC_ONLY): what
 * decides the shape of the public API.
 */
#ifndef LUNATIK_OVERLAY_H
#define LUNATIK_OVERLAY_H

#ifndef LUNATIK_PUBLIC_ONLY
#define LUA_CORE
#define LUA_LIB
#endif

#include <stddef.h>
#include <limits.h>
#include "luaconf.h"

/* ---- luaconf.h: the shape of the API ---- */

#if !defined(LUA_NUMBER) || !defined(LUA_EXTRASPACE) || !defined(LUAI_MAXSTACK) || !defined(LUAL_BUFFERSIZE) || \
	!defined(LUAI_MAXALIGN) || !defined(LUA_KCONTEXT)
#error "lua/overlay.h does not fit this version of Lua's luaconf.h"
#endif

#undef LUA_NUMBER
#define LUA_NUMBER long long
#undef LUAI_UACNUMBER
#define LUAI_UACNUMBER long long
#undef LUA_NUMBER_FRMLEN
#define LUA_NUMBER_FRMLEN "ll"
#undef LUA_NUMBER_FMT
#define LUA_NUMBER_FMT "%lld"

/* struct lunatik_extra of host.h: the runtime and its gauge. */
#undef LUA_EXTRASPACE
#define LUA_EXTRASPACE (2 * sizeof(void *))

/* intptr_t in C and ptrdiff_t in C++ otherwise, which is the same only by luck. */
#undef LUA_KCONTEXT
#define LUA_KCONTEXT ptrdiff_t

/*
 * A Lua stack is one contiguous block of 16 bytes per slot; what a recursion without end may ask of the page
 * allocator stays well below its largest block.
 */
#undef LUAI_MAXSTACK
#define LUAI_MAXSTACK 100000

/* luaL_Buffer lives on the C stack: 1 KiB of it per buffer is more than a 16 KiB stack can give. */
#undef LUAL_BUFFERSIZE
#define LUAL_BUFFERSIZE 128

#undef LUAI_MAXALIGN
#define LUAI_MAXALIGN lua_Number n; void *s; lua_Integer i; long l

#endif
