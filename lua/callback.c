/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * The short way into a function that a script has given to an object: what lua_pcall(), lua_getfield() and their like do,
 * without looking anything up that is known already. It is the way of every packet, probe hit and read of a device.
 */
#include "ldo.h"
#include "lstate.h"
#include "lstring.h"
#include "ltable.h"
#include "protect.h"
#include "lunatik/abi.h"

/*
 * Pushes @handler, the function kept as the first user value of the full userdata whose memory is @block, and, if @key is
 * given, the table kept there instead of it after its function of that name. Returns how many values that are, or 0,
 * having pushed nothing, where only the long way knows what to do: a metatable has a say, or the stack is full.
 */
int lunatik_pushkept(lua_State *L, void *block, const void *key, lua_CFunction handler)
{
	/* lua_newuserdatauv() made the block, with one user value. */
	Udata *userdata = (Udata *)((char *)block - udatamemoffset(1));
	const TValue *kept = &userdata->uv[0].uv;
	const TValue *function = kept;
	StkId top = L->top.p;

	if (L->ci->top.p - top < LUNATIK_CALLBACK_SLOTS)
		return 0;
	if (key) {
		if (!ttistable(kept))
			return 0;
		function = luaH_getshortstr(hvalue(kept), (TString *)key);
	}
	if (!ttisfunction(function))
		return 0;
	setfvalue(s2v(top), handler);
	setobj2s(L, top + 1, function);
	if (key)
		setobj2s(L, top + 2, kept);
	L->top.p = top + (key ? 3 : 2);
	return key ? 3 : 2;
}

/* What a short string on top of the stack is known by, for as long as something keeps it; NULL for any other value. */
const void *lunatik_stringkey(lua_State *L)
{
	const TValue *value = s2v(L->top.p - 1);

	return ttisshrstring(value) ? tsvalue(value) : NULL;
}

/*
 * lua_pcall() of the function that lunatik_pushkept() pushed, below its @arguments, with the handler below it as message
 * handler. Not for coroutines: it is called from outside of Lua.
 */
int lunatik_callkept(lua_State *L, int arguments, int results)
{
	StkId function = L->top.p - (arguments + 1);
	struct protect protect;

	lunatik_protect_save(&protect, L, function);
	L->errfunc = savestack(L, function - 1);
	if (lunatik_setjmp(protect.jump.b) == 0)
		luaD_callnoyield(L, function, results);
	return lunatik_protect_leave(&protect);
}

/* Reads the @count values on top of the stack, strings borrowed from it. What has no kind of its own becomes LUNATIK_NONE. */
void lunatik_readresults(lua_State *L, struct lunatik_value *results, int count)
{
	StkId from = L->top.p - count;

	for (; count > 0; count--, from++, results++) {
		const TValue *value = s2v(from);

		results->kind = LUNATIK_NONE;
		if (ttisinteger(value)) {
			results->kind = LUNATIK_INTEGER;
			results->integer = ivalue(value);
		} else if (ttisnil(value)) {
			results->kind = LUNATIK_NIL;
		} else if (ttisboolean(value)) {
			results->kind = LUNATIK_BOOLEAN;
			results->boolean = ttistrue(value);
		} else if (ttisstring(value)) {
			results->kind = LUNATIK_STRING;
			results->bytes.data = getstr(tsvalue(value));
			results->bytes.size = tsslen(tsvalue(value));
		}
	}
}
