// SPDX-License-Identifier: MIT OR GPL-2.0-only
/* lunatik.h and lunatik/runtime.hpp in C++. */
#include "capi.h"

#include <lunatik/runtime.hpp>

using namespace lunatik;

/* ---- a class against Lua's own API ---- */

namespace {

struct Pair {
	Integer first, second;
};

int released = 0;

void pair_release(void *)
{
	released++;
}

LUNATIK_PRIVATECHECKER(pair_check, Pair *, if (private_->first < 0) luaL_argerror(L, ix, "negative");)
LUNATIK_OBJECTCHECKER(pair_any, Pair *)

int pair_sum(lua_State *L)
{
	Pair *pair = pair_check(L, 1);
	lua_pushinteger(L, pair->first + pair->second);
	return 1;
}

int pair_first(lua_State *L)
{
	lua_pushinteger(L, pair_any(L, 1)->first);
	return 1;
}

constexpr luaL_Reg pair_methods[] = {
	{ "sum", pair_sum }, { "first", pair_first }, { "close", lunatik_closeobject }, { nullptr, nullptr }
};

constinit const lunatik_class_t pair_class = {
	.name = "capicxx", .methods = pair_methods, .release = pair_release, .opt = LUNATIK_OPT_MONITOR
};

int pair_new(lua_State *L)
{
	auto *pair = static_cast<Pair *>(lunatik_newobject(L, &pair_class, sizeof(Pair), LUNATIK_OPT_NONE)->private_);
	lunatik_setinteger(L, 1, pair, first);
	lunatik_optinteger(L, 1, pair, second, 10);
	return 1;
}

constexpr luaL_Reg pair_lib[] = { { "new", pair_new }, { nullptr, nullptr } };

LUNATIK_CLASSES(capicxx, &pair_class);

} // namespace

LUNATIK_NEWLIB(capicxx, pair_lib, luacapicxx_classes);

/* ---- handlers ---- */

namespace {

int l_count(lua_State *L, const char *function, Integer argument)
{
	lua_getglobal(L, function);
	lua_pushinteger(L, argument);
	lua_call(L, 1, 1);
	return static_cast<int>(lua_tointeger(L, -1));
}

int l_top(lua_State *L)
{
	return lua_gettop(L);
}

int l_nested(lua_State *L, lunatik_object_t *runtime)
{
	int ret = 0;
	lunatik_handle(runtime, l_count, ret, "inner_fails", 1);
	return ret == -ECANCELED ? lua_gettop(L) : -EBADE;
}

int l_pairs(lua_State *L)
{
	int before = lua_gettop(L);
	lua_getglobal(L, "pairs_test");
	lua_call(L, 0, 1);
	return static_cast<int>(lua_tointeger(L, before + 1));
}

void test_calls(lunatik_object_t &runtime)
{
	auto entry = Entry::enter(runtime);
	capi_is("Entry::enter", !!entry, 1);
	if (!entry)
		return;
	capi_is("Entry::enter again", Entry::enter(runtime).error().code(), EDEADLK);

	GlobalCall call(runtime, "describe");
	capi_is("arguments of every type", call.run(4, 1, true, "text", std::string_view("\0b", 2)).negative(), 0);
	capi_is("a string result", call.string(0) == "number boolean string 2", 1);
	capi_is("an integer result", call.integer(1).value_or(0), 42);
	capi_is("a boolean result", call.boolean(2).value_or(false), 1);
	capi_is("a result of another type", call.integer(0).has_value() || call.string(1) || call.string(3), 0);
	capi_is("a result that was not asked for", call.integer(9).has_value(), 0);
	capi_is("fewer results", call.run(1, 2).negative(), 0);
	capi_is("have no more", call.integer(1).has_value(), 0);

	GlobalCall missing(runtime, "no_such_function");
	capi_is("a global that is missing", missing.run(1).negative(), -ENOENT);
	capi_is("has no result", missing.string(0).has_value(), 0);
	GlobalCall none(runtime, "a_number");
	capi_is("a global that is no function", none.run(0).negative(), -ECANCELED);
	GlobalCall fails(runtime, "fail");
	capi_is("a function that raises", fails.run(1, 1).negative(), -ECANCELED);
	GlobalCall object(runtime, "describe");
	capi_is("an object as argument", object.run(1, runtime).negative(), 0);
	capi_is("is one", object.string(0) == "userdata nil nil 0", 1);
	capi_is("calls after errors", call.run(2, 1).negative(), 0);
	capi_is("work", call.integer(1).value_or(0), 42);
}

} // namespace

void test_cxx()
{
	lunatik_object_t *runtime = nullptr;
	capi_is("test/capi/cxx", lunatik_runtime(&runtime, "test/capi/cxx", true), 0);
	if (!runtime)
		return;
	int ret = 0, before = released;
	lunatik_run(runtime, l_count, ret, "twice", 21);
	capi_is("lunatik_run in C++", ret, 42);
	lunatik_run(runtime, l_count, ret, "fail", 21);
	capi_is("a handler that raises", ret, -ECANCELED);
	lunatik_run(runtime, l_top, ret);
	capi_is("leaves nothing", ret, 0);
	lunatik_run(runtime, l_nested, ret, runtime);
	capi_is("lunatik_handle in C++", ret, 0);
	lunatik_handle(runtime, l_top, ret);
	capi_is("lunatik_handle from outside", ret, -ENXIO);
	Integer large = 0;
	lunatik_run(runtime, [](lua_State *) { return Integer{ 1 } << 40; }, large);
	capi_is("a lambda as handler", large, Integer{ 1 } << 40);
	lunatik_run(runtime, l_pairs, ret);
	capi_is("a class in C++ against Lua's own API", ret, 6);
	test_calls(*runtime);
	lunatik_getobject(runtime);
	lunatik_stop(runtime);
	capi_is("its objects are released", released - before, 4);
	lunatik_run(runtime, l_top, ret);
	capi_is("lunatik_run of a stopped runtime", ret, -ENXIO);
	capi_is("Entry::enter of a stopped runtime", Entry::enter(*runtime).error().code(), ENXIO);
	lunatik_putobject(runtime);
}
