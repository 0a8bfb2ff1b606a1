/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * The debug library without what would let a script corrupt memory. Every userdata here is a kernel object or a buffer
 * of Lua's own; C code trusts its own stack slots, its upvalues and the metatables it checks. So scripts may read and
 * write the locals of Lua functions only, and may not touch what belongs to C functions and userdata.
 */
#ifndef LUNATIK_GUARD_H
#define LUNATIK_GUARD_H

static inline int lunatik_in_c(lua_State *L, const lua_Debug *ar)
{
	(void)L;
	return ar != NULL && !isLua(ar->i_ci);
}

/* The values in flight in a C function: string buffers, what gsub() matches, a sort's pivot. */
static inline const char *lunatik_getlocal(lua_State *L, const lua_Debug *ar, int n)
{
	return lunatik_in_c(L, ar) ? NULL : lua_getlocal(L, ar, n);
}

static inline const char *lunatik_setlocal(lua_State *L, const lua_Debug *ar, int n)
{
	const char *name = lunatik_in_c(L, ar) ? NULL : lua_getlocal(L, ar, n);

	/* "(for state)" and "(temporary)" are the interpreter's own, and it trusts what it put there. */
	if (name != NULL)
		lua_pop(L, 1);
	if (name == NULL || (name[0] == '(' && strcmp(name, "(vararg)") != 0))
		return NULL;
	return lua_setlocal(L, ar, n);
}

/* The registry holds what C code trusts: a script sees a copy of the part that is known to scripts. */
static inline void lunatik_pushregistry(lua_State *L)
{
	lua_newtable(L);
	lua_getfield(L, LUA_REGISTRYINDEX, LUA_LOADED_TABLE);
	lua_setfield(L, -2, LUA_LOADED_TABLE);
	lua_getfield(L, LUA_REGISTRYINDEX, LUA_PRELOAD_TABLE);
	lua_setfield(L, -2, LUA_PRELOAD_TABLE);
}

/* A class' metatable is its own: a script that calls its __gc closes an object under a method that uses it. */
static inline int lunatik_getmetatable(lua_State *L, int index)
{
	return lua_type(L, index) == LUA_TUSERDATA ? 0 : lua_getmetatable(L, index);
}

/* gmatch() keeps pointers into the strings that are its iterator's upvalues. */
static inline const char *lunatik_setupvalue(lua_State *L, int function, int n)
{
	return lua_iscfunction(L, function) ? NULL : lua_setupvalue(L, function, n);
}

static inline int lunatik_setmetatable(lua_State *L, int index)
{
	if (lua_type(L, index) == LUA_TUSERDATA)
		luaL_argerror(L, 1, "the metatable of a userdata belongs to its class");
	return lua_setmetatable(L, index);
}

static inline int lunatik_setiuservalue(lua_State *L, int index, int n)
{
	(void)index;
	(void)n;
	lua_pop(L, 1);
	return 0;
}

#define lua_getlocal(L, ar, n) lunatik_getlocal(L, ar, n)
#define lua_setlocal(L, ar, n) lunatik_setlocal(L, ar, n)
#define lua_setupvalue(L, function, n) lunatik_setupvalue(L, function, n)
#define lua_setmetatable(L, index) lunatik_setmetatable(L, index)
#define lua_getmetatable(L, index) lunatik_getmetatable(L, index)
#define lua_pushvalue(L, index) \
	((index) == LUA_REGISTRYINDEX ? lunatik_pushregistry(L) : lua_pushvalue(L, index))
#define lua_setiuservalue(L, index, n) lunatik_setiuservalue(L, index, n)

/* debug.debug() talks to a terminal: compiled, and taken out of the table again. */
#define fgets(buffer, size, file) ((void)(buffer), NULL)
#define fflush(file) ((void)0)
#undef luaL_newlib
#define luaL_newlib(L, functions) \
	(luaL_checkversion(L), luaL_newlibtable(L, functions), luaL_setfuncs(L, functions, 0), \
	 lua_pushnil(L), lua_setfield(L, -2, "debug"))

#endif
