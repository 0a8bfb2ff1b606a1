/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* math, as far as integers go. */
#include "lualib.h"

static int math_abs(lua_State *L)
{
	lua_Integer n = luaL_checkinteger(L, 1);

	/* The smallest integer stays what it is, as in Lua. */
	lua_pushinteger(L, n < 0 ? (lua_Integer)(0u - (lua_Unsigned)n) : n);
	return 1;
}

static int math_ult(lua_State *L)
{
	lua_Integer a = luaL_checkinteger(L, 1);
	lua_Integer b = luaL_checkinteger(L, 2);

	lua_pushboolean(L, (lua_Unsigned)a < (lua_Unsigned)b);
	return 1;
}

static int math_tointeger(lua_State *L)
{
	int is_integer;
	lua_Integer n = lua_tointegerx(L, 1, &is_integer);

	if (is_integer) {
		lua_pushinteger(L, n);
	} else {
		luaL_checkany(L, 1);
		luaL_pushfail(L);
	}
	return 1;
}

/* Pushes the argument that is before, or after, all the others; like Lua's own this leaves the types to the order. */
static int extreme(lua_State *L, int after)
{
	int count = lua_gettop(L);
	int best = 1;

	luaL_argcheck(L, count >= 1, 1, "value expected");
	for (int i = 2; i <= count; i++) {
		if (after ? lua_compare(L, best, i, LUA_OPLT) : lua_compare(L, i, best, LUA_OPLT))
			best = i;
	}
	lua_pushvalue(L, best);
	return 1;
}

static int math_min(lua_State *L)
{
	return extreme(L, 0);
}

static int math_max(lua_State *L)
{
	return extreme(L, 1);
}

static const luaL_Reg functions[] = {
	{ "abs", math_abs },
	{ "max", math_max },
	{ "min", math_min },
	{ "tointeger", math_tointeger },
	{ "ult", math_ult },
	{ NULL, NULL },
};

LUAMOD_API int luaopen_math(lua_State *L)
{
	luaL_newlib(L, functions);
	lua_pushinteger(L, LUA_MAXINTEGER);
	lua_setfield(L, -2, "maxinteger");
	lua_pushinteger(L, LUA_MININTEGER);
	lua_setfield(L, -2, "mininteger");
	return 1;
}
