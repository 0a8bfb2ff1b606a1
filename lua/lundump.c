/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * In place of Lua's lundump.c and ldump.c: there are no precompiled chunks. The interpreter trusts its instructions, so
 * a chunk that the compiler here did not make could read and write any memory.
 */
#include "ldo.h"
#include "lundump.h"

LClosure *luaU_undump(lua_State *L, ZIO *Z, const char *name)
{
	(void)Z;
	if (*name == '@' || *name == '=')
		name++;
	else if (*name == LUA_SIGNATURE[0])
		name = "binary string";
	luaO_pushfstring(L, "%s: precompiled chunks are not supported", name);
	luaD_throw(L, LUA_ERRSYNTAX);
	return NULL;
}

int luaU_dump(lua_State *L, const Proto *f, lua_Writer w, void *data, int strip)
{
	(void)L;
	(void)f;
	(void)w;
	(void)data;
	(void)strip;
	return 1;
}
