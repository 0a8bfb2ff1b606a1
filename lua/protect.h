/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * The two halves of a protected call, as lua_pcall() has them in one: lunatik_protect_save() before the setjmp, which is
 * its caller's, and lunatik_protect_leave() after what it protects.
 */
#ifndef LUNATIK_PROTECT_H
#define LUNATIK_PROTECT_H

#include "ldo.h"
#include "lstate.h"

/* ldo.c keeps this to itself; its throw fills in the status and jumps to b. */
struct lua_longjmp {
	struct lua_longjmp *previous;
	luai_jmpbuf b;
	volatile int status;
};

/* The beginning of struct lunatik_protect (include/lunatik.h). */
struct protect {
	struct lua_longjmp jump;
	lua_State *L;
	CallInfo *frame;
	ptrdiff_t top;
	ptrdiff_t error_function;
	l_uint32 calls;
	lu_byte hooks;
};

_Static_assert(offsetof(struct protect, jump.b) == sizeof(void *) &&
	       offsetof(struct protect, L) == sizeof(void *) + sizeof(luai_jmpbuf) + sizeof(long) &&
	       offsetof(struct protect, hooks) == offsetof(struct protect, L) + 4 * sizeof(long) + sizeof(int),
	       "struct lunatik_protect has another layout");

/* What a protected call restores; what it drops after an error begins at @base. */
static inline void lunatik_protect_save(struct protect *protect, lua_State *L, StkId base)
{
	protect->L = L;
	protect->frame = L->ci;
	protect->top = savestack(L, base);
	protect->error_function = L->errfunc;
	protect->calls = L->nCcalls;
	protect->hooks = L->allowhook;
	protect->jump.status = LUA_OK;
	protect->jump.previous = L->errorJmp;
	L->errorJmp = &protect->jump;
}

int lunatik_protect_leave(struct protect *protect);

/* The same, without a call where nothing went wrong and nothing is to be closed. */
static inline int lunatik_protect_end(struct protect *protect)
{
	lua_State *L = protect->L;

	if (luai_unlikely(protect->jump.status != LUA_OK || L->tbclist.p >= restorestack(L, protect->top)))
		return lunatik_protect_leave(protect);
	L->errorJmp = protect->jump.previous;
	L->nCcalls = protect->calls;
	L->ci = protect->frame;
	L->errfunc = protect->error_function;
	return LUA_OK;
}

#endif
