/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * require and package, for a place without shared libraries: a module is in package.preload, a Lua file, or a kernel
 * module. There is no package.cpath and no package.loadlib.
 */
#include "lobject.h"
#include "lstate.h"
#include "lualib.h"

#define PATH "/lib/modules/lua/?.lua;/lib/modules/lua/?/init.lua"
#define PATH_SEPARATOR ";"
#define PATH_MARK "?"
#define DIRECTORY "/"

/* ---- package.searchpath ---- */

/* Adds `text` with every occurrence of `from` replaced by `to`. */
static void add_replaced(luaL_Buffer *buffer, const char *text, size_t length, const char *from, const char *to)
{
	size_t from_length = strlen(from);

	while (length > 0) {
		lunatik_check(buffer->L);
		if (from_length > 0 && length >= from_length && memcmp(text, from, from_length) == 0) {
			luaL_addstring(buffer, to);
			text += from_length;
			length -= from_length;
		} else {
			luaL_addchar(buffer, *text);
			text++;
			length--;
		}
	}
}

/* Errors that say nothing about the file: the next one of the path must not be taken for it. */
static int is_passing(int error)
{
	enum { INTERRUPTED = 4, INPUT_OUTPUT = 5, NO_MEMORY = 12, NO_FILES = 23 };

	return error == INTERRUPTED || error == INPUT_OUTPUT || error == NO_MEMORY || error == NO_FILES;
}

static int readable(lua_State *L, const char *name)
{
	int error;
	void *file = lunatik_file_open(L, name, &error);

	if (file == NULL) {
		if (is_passing(error))
			luaL_error(L, "cannot open %s: %s", name, lunatik_strerror(error));
		return 0;
	}
	lunatik_file_close(file);
	return 1;
}

/* Pushes the first file that can be read, or a message that names them all; returns NULL then. */
static const char *search_path(lua_State *L, const char *name, const char *path, const char *separator,
			       const char *replacement)
{
	luaL_Buffer buffer;
	const char *end;
	int tried;

	luaL_buffinit(L, &buffer);
	add_replaced(&buffer, name, strlen(name), *separator != '\0' ? separator : "", replacement);
	luaL_pushresult(&buffer);
	name = lua_tostring(L, -1);
	tried = lua_gettop(L) + 1;
	lua_pushliteral(L, "");

	for (;; path = end + 1) {
		const char *file;

		lunatik_check(L);
		end = strchr(path, *PATH_SEPARATOR);
		luaL_buffinit(L, &buffer);
		add_replaced(&buffer, path, end != NULL ? (size_t)(end - path) : strlen(path), PATH_MARK, name);
		luaL_pushresult(&buffer);
		file = lua_tostring(L, -1);
		if (readable(L, file))
			return file;
		lua_pushfstring(L, "%s%sno file '%s'", lua_tostring(L, tried), *lua_tostring(L, tried) ? "\n\t" : "",
				file);
		lua_replace(L, tried);
		lua_pop(L, 1);
		if (end == NULL)
			break;
	}
	return NULL;
}

static int package_searchpath(lua_State *L)
{
	const char *file = search_path(L, luaL_checkstring(L, 1), luaL_checkstring(L, 2), luaL_optstring(L, 3, "."),
				       luaL_optstring(L, 4, DIRECTORY));

	if (file != NULL)
		return 1;
	luaL_pushfail(L);
	lua_insert(L, -2);
	return 2;
}

/* ---- package.searchers ---- */

static int search_preload(lua_State *L)
{
	const char *name = luaL_checkstring(L, 1);

	lua_getfield(L, LUA_REGISTRYINDEX, LUA_PRELOAD_TABLE);
	if (lua_getfield(L, -1, name) == LUA_TNIL) {
		lua_pushfstring(L, "no field package.preload['%s']", name);
		return 1;
	}
	lua_pushliteral(L, ":preload:");
	return 2;
}

static int search_lua(lua_State *L)
{
	const char *name = luaL_checkstring(L, 1);
	const char *path;
	const char *file;

	lua_getfield(L, lua_upvalueindex(1), "path");
	path = lua_tostring(L, -1);
	if (path == NULL)
		return luaL_error(L, "'package.path' must be a string");
	file = search_path(L, name, path, ".", DIRECTORY);
	if (file == NULL)
		return 1;
	if (luaL_loadfile(L, file) != LUA_OK)
		return luaL_error(L, "error loading module '%s' from file '%s':\n\t%s", name, file,
				  lua_tostring(L, -1));
	lua_pushstring(L, file);
	return 2;
}

static int search_kernel(lua_State *L)
{
	return lunatik_require_module(L, luaL_checkstring(L, 1));
}

/* ---- require ---- */

/* Pushes the loader of `name` and its extra value, or raises an error with what every searcher had to say. */
static void find_loader(lua_State *L, const char *name)
{
	int message = lua_gettop(L) + 2;

	if (lua_getfield(L, lua_upvalueindex(1), "searchers") != LUA_TTABLE)
		luaL_error(L, "'package.searchers' must be a table");
	lua_pushliteral(L, "");
	for (int i = 1;; i++) {
		lunatik_check(L);
		if (lua_rawgeti(L, message - 1, i) == LUA_TNIL)
			luaL_error(L, "module '%s' not found:%s", name, lua_tostring(L, message));
		lua_pushstring(L, name);
		lua_call(L, 1, 2);
		if (lua_isfunction(L, -2))
			return;
		if (lua_isstring(L, -2)) {
			lua_pushfstring(L, "%s\n\t%s", lua_tostring(L, message), lua_tostring(L, -2));
			lua_replace(L, message);
		}
		lua_pop(L, 2);
	}
}

static int package_require(lua_State *L);

/* Whether the call is one of require for this module: a finalizer may run before another call has found its argument to be no name. */
static int requires(const CallInfo *call, const char *name)
{
	const TValue *function = s2v(call->func.p), *argument = s2v(call->func.p + 1);

	return ttisCclosure(function) && clCvalue(function)->f == package_require && call->func.p + 1 < call->next->func.p &&
	       ttisstring(argument) && strcmp(getstr(tsvalue(argument)), name) == 0;
}

/*
 * Whether a call of require below this one is for the same module. One that requires itself, over others or not, would recurse until
 * the stack ends. The calls under way are asked, and no mark is kept, since to take a mark away again may need memory.
 */
static int is_loading(lua_State *L, const char *name)
{
	for (const CallInfo *call = L->ci->previous; call != NULL; call = call->previous) {
		if (requires(call, name))
			return 1;
	}
	return 0;
}

static int package_require(lua_State *L)
{
	enum { NAME = 1, LOADED, EXTRA };
	const char *name = luaL_checkstring(L, NAME);

	lua_settop(L, NAME);
	lua_getfield(L, LUA_REGISTRYINDEX, LUA_LOADED_TABLE);
	lua_getfield(L, LOADED, name);
	if (lua_toboolean(L, -1))
		return 1;
	lua_settop(L, LOADED);
	if (is_loading(L, name))
		return luaL_error(L, "module '%s' requires itself while it is loading", name);
	find_loader(L, name);
	lua_copy(L, -1, EXTRA);
	lua_pushvalue(L, NAME);
	lua_insert(L, -2);
	lua_call(L, 2, 1);
	if (!lua_isnil(L, -1))
		lua_setfield(L, LOADED, name);
	if (lua_getfield(L, LOADED, name) == LUA_TNIL) {
		lua_pushboolean(L, 1);
		lua_pushvalue(L, -1);
		lua_setfield(L, LOADED, name);
	}
	lua_pushvalue(L, EXTRA);
	return 2;
}

/* ---- the library ---- */

static const luaL_Reg functions[] = {
	{ "searchpath", package_searchpath },
	{ NULL, NULL },
};

static const lua_CFunction searchers[] = { search_preload, search_lua, search_kernel };

LUAMOD_API int luaopen_package(lua_State *L)
{
	luaL_newlib(L, functions);

	lua_createtable(L, 3, 0);
	for (int i = 0; i < 3; i++) {
		lua_pushvalue(L, -2);
		lua_pushcclosure(L, searchers[i], 1);
		lua_rawseti(L, -2, i + 1);
	}
	lua_setfield(L, -2, "searchers");

	lua_pushliteral(L, PATH);
	lua_setfield(L, -2, "path");
	lua_pushliteral(L, DIRECTORY "\n" PATH_SEPARATOR "\n" PATH_MARK "\n!\n-\n");
	lua_setfield(L, -2, "config");
	luaL_getsubtable(L, LUA_REGISTRYINDEX, LUA_LOADED_TABLE);
	lua_setfield(L, -2, "loaded");
	luaL_getsubtable(L, LUA_REGISTRYINDEX, LUA_PRELOAD_TABLE);
	lua_setfield(L, -2, "preload");

	lua_pushglobaltable(L);
	lua_pushvalue(L, -2);
	lua_pushcclosure(L, package_require, 1);
	lua_setfield(L, -2, "require");
	lua_pop(L, 1);
	return 1;
}
