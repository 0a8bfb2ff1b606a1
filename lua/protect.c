/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * A protected call without a function to call: lunatik_run() of the C API runs its handler with any arguments, so it
 * cannot go through lua_pcall(). These are lua_pcall()'s two halves, with the setjmp between them in the caller.
 */
#include "ldo.h"
#include "lstate.h"
#include "lfunc.h"

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

void lunatik_protect_enter(struct protect *protect, lua_State *L);
int lunatik_protect_leave(struct protect *protect);

void lunatik_protect_enter(struct protect *protect, lua_State *L)
{
	protect->L = L;
	protect->frame = L->ci;
	protect->top = savestack(L, L->top.p);
	protect->error_function = L->errfunc;
	protect->calls = L->nCcalls;
	protect->hooks = L->allowhook;
	protect->jump.status = LUA_OK;
	protect->jump.previous = L->errorJmp;
	L->errorJmp = &protect->jump;
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
