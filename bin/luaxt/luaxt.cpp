// SPDX-License-Identifier: MIT OR GPL-2.0-only
/*
 * luaxt: an extension of iptables that a Lua file writes. The object file has no name of its own: installed as libxt_NAME.so it is the
 * extension NAME, and runs libxt_NAME.lua. What it sends to the kernel, lib/xtable gives to the script there.
 */
#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>

#include <dlfcn.h>
#include <getopt.h>
#include <unistd.h>

#include <lua.hpp>
#include <xtables.h>

#include "lunatik/xtable.h"

namespace {

constexpr int options_max = 32;
constexpr std::array places{ LUAXT_PREFIX "/share/lunatik/xt", "/usr/local/share/lunatik/xt", "/usr/share/lunatik/xt" };

// One object file is one extension: a match, a target, or both, of this name.
constinit lua_State *L = nullptr;
constinit char extension_name[XT_EXTENSION_MAXNAMELEN] = "";

enum Kind { match_kind, target_kind };

struct Extension {
	const char *what;
	int table = LUA_NOREF;		// what the Lua file gave
	int options = 0;
	option extra[options_max + 1] = {};
	bool inverts[options_max] = {};
};
constinit Extension extensions[] = { { "match" }, { "target" } };

// iptables has no way but out: its own extensions end so too.
[[noreturn]] void fail(const char *what, const char *why)
{
	xtables_error(PARAMETER_PROBLEM, "%s: %s: %s\n", extension_name, what, why);
}

/* ---- from iptables into Lua ---- */

// Pushes the function `name`; false if the file gave none.
bool push(Kind kind, const char *name)
{
	lua_settop(L, 0);
	lua_rawgeti(L, LUA_REGISTRYINDEX, extensions[kind].table);
	return lua_getfield(L, -1, name) != LUA_TNIL;
}

void call(const char *name, int arguments, int results)
{
	if (lua_pcall(L, arguments, results, 0) == LUA_OK)
		return;
	const char *why = lua_tostring(L, -1);
	fail(name, why ? why : "error");
}

void push_userargs(const lunatik_xtable_info &info)
{
	lua_pushlstring(L, info.userargs, std::min<std::size_t>(info.size, sizeof(info.userargs)));
}

// The table that init and parse change.
void push_par(const lunatik_xtable_info &info)
{
	lua_newtable(L);
	push_userargs(info);
	lua_setfield(L, -2, "userargs");
}

// Takes what they have left in the table at the top.
void take_userargs(const char *name, lunatik_xtable_info &info)
{
	if (lua_getfield(L, -1, "userargs") != LUA_TSTRING)
		fail(name, "par.userargs is no string");
	std::size_t size;
	const char *data = lua_tolstring(L, -1, &size);
	if (size > sizeof(info.userargs)) {
		char text[80];
		std::snprintf(text, sizeof(text), "par.userargs has %zu bytes, and may have %zu", size, sizeof(info.userargs));
		fail(name, text);
	}
	// Rules are compared byte by byte: what is behind is the same for all.
	std::memset(info.userargs, 0, sizeof(info.userargs));
	std::memcpy(info.userargs, data, size);
	info.size = static_cast<__u32>(size);
	lua_pop(L, 1);
}

void init(Kind kind, void *data)
{
	auto &info = *static_cast<lunatik_xtable_info *>(data);
	if (!push(kind, "init"))
		return;
	push_par(info);
	lua_pushvalue(L, -1);
	lua_insert(L, -3);
	call("init", 1, 0);
	take_userargs("init", info);
}

int parse(Kind kind, int index, int invert, unsigned *flags, void *data)
{
	auto &info = *static_cast<lunatik_xtable_info *>(data);
	const Extension &extension = extensions[kind];
	if (index < 0 || index >= extension.options || !push(kind, "parse"))
		return 0;
	const char *name = extension.extra[index].name;
	if (invert && !extension.inverts[index])
		fail(name, "cannot be inverted");
	push_par(info);
	lua_pushstring(L, name);
	lua_setfield(L, -2, "option");
	if (extension.extra[index].has_arg) {
		lua_pushstring(L, optarg);
		lua_setfield(L, -2, "value");
	}
	lua_pushboolean(L, invert);
	lua_setfield(L, -2, "invert");
	lua_pushinteger(L, *flags);
	lua_setfield(L, -2, "flags");
	lua_pushvalue(L, -1);
	lua_insert(L, -3);
	call("parse", 1, 1);
	bool taken = lua_isnil(L, -1) || lua_toboolean(L, -1);
	lua_pop(L, 1);
	take_userargs("parse", info);
	lua_getfield(L, -1, "flags");
	*flags = static_cast<unsigned>(lua_tointeger(L, -1));
	return taken;
}

void final_check(Kind kind, unsigned flags)
{
	if (!push(kind, "final_check"))
		return;
	lua_pushinteger(L, flags);
	call("final_check", 1, 0);
}

// print and save write by themselves, or return what is to be written.
void show(Kind kind, const char *name, const void *data)
{
	if (!push(kind, name))
		return;
	push_userargs(*static_cast<const lunatik_xtable_info *>(data));
	call(name, 1, 1);
	std::size_t size;
	const char *text = lua_tolstring(L, -1, &size);
	if (text && size)
		std::printf(" %.*s", static_cast<int>(size), text);
}

void help(Kind kind)
{
	if (!push(kind, "help"))
		return;
	call("help", 0, 1);
	if (const char *text = lua_tostring(L, -1))
		std::printf("%s\n", text);
}

/* ---- what the Lua file requires ---- */

// Raises. Fills `extra` from opts.options: { { name = "domain", value = true, invert = true }, ... }.
void read_options(lua_State *state, Extension &extension)
{
	if (lua_getfield(state, 1, "options") == LUA_TNIL)
		return;
	luaL_argcheck(state, lua_istable(state, -1), 1, "field 'options' is no table");
	auto count = static_cast<int>(lua_rawlen(state, -1));
	luaL_argcheck(state, count <= options_max, 1, "more than 32 options");
	for (int i = 0; i < count; i++) {
		luaL_argcheck(state, lua_rawgeti(state, -1, i + 1) == LUA_TTABLE, 1, "an option is no table");
		luaL_argcheck(state, lua_getfield(state, -1, "name") == LUA_TSTRING, 1, "an option has no name");
		// The string stays: the table that has it is kept.
		extension.extra[i].name = lua_tostring(state, -1);
		extension.extra[i].val = i;
		lua_getfield(state, -2, "value");
		extension.extra[i].has_arg = lua_toboolean(state, -1) ? required_argument : no_argument;
		lua_getfield(state, -3, "invert");
		extension.inverts[i] = lua_toboolean(state, -1);
		lua_pop(state, 4);
	}
	extension.options = count;
}

// Raises. What both kinds are registered with.
template <class X>
void describe(lua_State *state, Kind kind, X &xt)
{
	static const char *const functions[] = { "help", "init", "print", "save", "parse", "final_check" };
	Extension &extension = extensions[kind];
	luaL_checktype(state, 1, LUA_TTABLE);
	lua_settop(state, 1);
	if (extension.table != LUA_NOREF)
		luaL_error(state, "the file has a %s already", extension.what);
	for (const char *name : functions) {
		int type = lua_getfield(state, 1, name);
		if (type != LUA_TNIL && type != LUA_TFUNCTION)
			luaL_error(state, "bad field '%s' (function expected, got %s)", name, lua_typename(state, type));
	}
	lua_getfield(state, 1, "revision");
	lua_Integer revision = luaL_optinteger(state, -1, 0);
	luaL_argcheck(state, revision >= 0 && revision <= 255, 1, "field 'revision' is out of range");
	lua_getfield(state, 1, "family");
	lua_Integer family = luaL_optinteger(state, -1, NFPROTO_UNSPEC);
	luaL_argcheck(state, family == NFPROTO_UNSPEC || family == NFPROTO_IPV4 || family == NFPROTO_IPV6 || family == NFPROTO_ARP ||
		      family == NFPROTO_BRIDGE, 1, "field 'family': there are no tables of this family");
	read_options(state, extension);
	lua_settop(state, 1);
	extension.table = luaL_ref(state, LUA_REGISTRYINDEX);
	xt.version = XTABLES_VERSION;
	xt.name = extension_name;
	xt.revision = static_cast<std::uint8_t>(revision);
	xt.family = static_cast<std::uint16_t>(family);
	xt.size = XT_ALIGN(sizeof(lunatik_xtable_info));
	xt.userspacesize = offsetof(lunatik_xtable_info, rule);
	if (extension.options)
		xt.extra_opts = extension.extra;
}

int luaxt_match(lua_State *state)
{
	static xtables_match xt;
	describe(state, match_kind, xt);
	xt.help = [] { help(match_kind); };
	xt.init = [](xt_entry_match *entry) { init(match_kind, entry->data); };
	xt.parse = [](int c, char **, int invert, unsigned *flags, const void *, xt_entry_match **entry) {
		return parse(match_kind, c, invert, flags, (*entry)->data);
	};
	xt.final_check = [](unsigned flags) { final_check(match_kind, flags); };
	xt.print = [](const void *, const xt_entry_match *entry, int) { show(match_kind, "print", entry->data); };
	xt.save = [](const void *, const xt_entry_match *entry) { show(match_kind, "save", entry->data); };
	xtables_register_match(&xt);
	return 0;
}

int luaxt_target(lua_State *state)
{
	static xtables_target xt;
	describe(state, target_kind, xt);
	xt.help = [] { help(target_kind); };
	xt.init = [](xt_entry_target *entry) { init(target_kind, entry->data); };
	xt.parse = [](int c, char **, int invert, unsigned *flags, const void *, xt_entry_target **entry) {
		return parse(target_kind, c, invert, flags, (*entry)->data);
	};
	xt.final_check = [](unsigned flags) { final_check(target_kind, flags); };
	xt.print = [](const void *, const xt_entry_target *entry, int) { show(target_kind, "print", entry->data); };
	xt.save = [](const void *, const xt_entry_target *entry) { show(target_kind, "save", entry->data); };
	xtables_register_target(&xt);
	return 0;
}

int open_luaxt(lua_State *state)
{
	static const luaL_Reg functions[] = { { "match", luaxt_match }, { "target", luaxt_target }, { nullptr, nullptr } };
	static const struct {
		const char *name;
		lua_Integer value;
	} families[] = {
		{ "UNSPEC", NFPROTO_UNSPEC }, { "INET", NFPROTO_INET },	    { "IPV4", NFPROTO_IPV4 },	  { "IPV6", NFPROTO_IPV6 },
		{ "ARP", NFPROTO_ARP },	      { "NETDEV", NFPROTO_NETDEV }, { "BRIDGE", NFPROTO_BRIDGE },
	};
	luaL_newlib(state, functions);
	lua_newtable(state);
	for (const auto &family : families) {
		lua_pushinteger(state, family.value);
		lua_setfield(state, -2, family.name);
	}
	lua_setfield(state, -2, "family");
	lua_pushinteger(state, LUNATIK_XTABLE_USERARGS);
	lua_setfield(state, -2, "userargs_max");
	return 1;
}

/* ---- loading ---- */

// The extension's name, from that of the object file: libxt_NAME.so, libipt_NAME.so and so on.
bool find_name()
{
	Dl_info info;
	// SAFETY: only the address counts.
	if (!dladdr(reinterpret_cast<void *>(&find_name), &info) || !info.dli_fname)
		return false;
	std::string_view file(info.dli_fname);
	file.remove_prefix(std::min(file.rfind('/') + 1, file.size()));
	auto begin = file.find('_');
	auto end = file.rfind(".so");
	if (begin == file.npos || end == file.npos || end <= begin + 1 || end - begin - 1 >= sizeof(extension_name))
		return false;
	file.substr(begin + 1, end - begin - 1).copy(extension_name, sizeof(extension_name) - 1);
	return true;
}

std::string find_file()
{
	std::string file = std::string("/libxt_") + extension_name + ".lua";
	// Not for a program that runs with more rights than its user.
	if (const char *directory = secure_getenv("LUAXT_PATH"))
		return directory + file;
	for (const char *directory : places) {
		std::string path = directory + file;
		if (access(path.c_str(), R_OK) == 0)
			return path;
	}
	return places.back() + file;
}

[[gnu::constructor]] void load()
{
	if (!find_name()) {
		std::fputs("luaxt: to be an extension NAME, this file must be called libxt_NAME.so\n", stderr);
		return;
	}
	L = luaL_newstate();
	if (!L)
		return;
	luaL_openlibs(L);
	luaL_getsubtable(L, LUA_REGISTRYINDEX, LUA_PRELOAD_TABLE);
	lua_pushcfunction(L, open_luaxt);
	lua_setfield(L, -2, "luaxt");
	lua_settop(L, 0);
	std::string path = find_file();
	const char *why = nullptr;
	if (luaL_loadfilex(L, path.c_str(), "t") != LUA_OK || lua_pcall(L, 0, 0, 0) != LUA_OK)
		why = lua_tostring(L, -1);
	else if (extensions[match_kind].table == LUA_NOREF && extensions[target_kind].table == LUA_NOREF)
		why = "it calls neither luaxt.match nor luaxt.target";
	if (why)
		std::fprintf(stderr, "luaxt: %s: %s\n", path.c_str(), why);
}

} // namespace
