/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * A protected call without a function to call: lunatik_run() of the C API runs its handler with any arguments, so it
 * cannot go through lua_pcall(). These are lua_pcall()'s two halves, with the setjmp between them in the caller.
 */
#include "ldo.h"
#include "lstate.h"
#include "lfunc.h"
#include "protect.h"

void lunatik_protect_enter(struct protect *protect, lua_State *L);

void lunatik_protect_enter(struct protect *protect, lua_State *L)
{
	lunatik_protect_save(protect, L, L->top.p);
	L->errfunc = 0;
}

/*
 * After the handler has returned, or raised: the status says which. Closes what the handler left to be closed. Returns
 * LUA_OK, or another status with the error's message on top of the stack.
 */
int lunatik_protect_leave(struct protect *protect)
{
	lua_State *L = protect->L;
	int status = protect->jump.status;

	L->errorJmp = protect->jump.previous;
	L->nCcalls = protect->calls;
	L->ci = protect->frame;
	L->allowhook = protect->hooks;
	if (status != LUA_OK || L->tbclist.p >= restorestack(L, protect->top)) {
		status = luaD_closeprotected(L, protect->top, status);
		if (status != LUA_OK) {
			luaD_seterrorobj(L, status, restorestack(L, protect->top));
			luaD_shrinkstack(L);
		}
	}
	L->errfunc = protect->error_function;
	return status;
}
