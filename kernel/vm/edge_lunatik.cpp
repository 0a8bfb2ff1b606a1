// SPDX-License-Identifier: MIT OR GPL-2.0-only
/* The parts of the library "lunatik" that handle Lua values of any number and kind: resume() and _ENV. */
#include "api.h"
#include "vm/box.hpp"
#include "vm/charge.hpp"
#include "vm/edge.hpp"

#include <asm-generic/errno.h>

#include "helpers/helpers.h"
#include "object/table.hpp"
#include "runtime/library.hpp"

namespace lunatik::edge {

// What one resume() gives back, flat: pushing it may raise.
struct Outcome {
	int error;		// negative errno of the entry, or 0
	char *message;		// of a script that raised
	std::size_t message_size;
	lunatik_value *results;
	int result_count;
};

static Outcome resume_in(Runtime &target, Runtime &outer, const lunatik_value *arguments, int count) noexcept
{
	Outcome outcome{};
	outcome.error = target.enter(0, &outer);
	if (outcome.error)
		return outcome;
	Report report;
	Resume call{ .arguments = arguments, .argument_count = count };
	bool success = resume(target, call, report);
	target.leave();
	if (success) {
		outcome.results = call.results;
		outcome.result_count = call.result_count;
	} else {
		outcome.message = std::exchange(report.message, nullptr);
		outcome.message_size = report.message_size;
		outcome.error = report.unsaid ? -ENOMEM : -EINVAL;
	}
	return outcome;
}

static void forget(Outcome &outcome) noexcept
{
	for (int i = 0; i < outcome.result_count; i++) {
		if (outcome.results[i].kind == LUNATIK_OBJECT)
			lunatik_dropobject(outcome.results[i].object);
	}
	free_charged(outcome.results);
	lunatik_h_kvfree(outcome.message);
}

// In every state of a per-CPU runtime, one after the other, until one fails. Gives what the last one gave.
static Outcome resume_all(Runtime &target, Runtime &outer, const lunatik_value *arguments, int count) noexcept
{
	Outcome outcome{};
	target.each_state([&](Runtime &state) {
		if (outcome.error)
			return;
		forget(outcome);
		outcome = resume_in(state, outer, arguments, count);
	});
	return outcome;
}

static int push_outcome(lua_State *L)
{
	// SAFETY: ResumeMethod::call() passes its Outcome.
	auto &outcome = *static_cast<Outcome *>(lua_touserdata(L, 1));
	if (outcome.message) {
		lua_pushlstring(L, outcome.message, outcome.message_size);
		return lua_error(L);
	}
	luaL_checkstack(L, outcome.result_count + 4, "too many results");
	for (int i = 0; i < outcome.result_count; i++)
		push_value(L, outcome.results[i]);
	return outcome.result_count;
}

static int open_lunatik(lua_State *L)
{
	lunatik_openlibrary(L, &lunatik_library_core);
	push_object(L, Object::of(RcuTable::global()));
	lua_setfield(L, -2, "_ENV");
	return 1;
}

static int open_rcu(lua_State *L)
{
	return lunatik_openlibrary(L, &lunatik_library_rcu);
}

const luaL_Reg builtin_libraries[] = {
	{ "lunatik", open_lunatik },
	{ "rcu", open_rcu },
	{ nullptr, nullptr },
};

} // namespace lunatik::edge

namespace lunatik {

using namespace edge;

int ResumeMethod::call(lua_State *L) noexcept
{
	Box *box = box_at(L, 1);
	if (!box || !box->object || box->object->class_ != &Runtime::info)
		return luaL_typeerror(L, 1, "runtime");
	if (box->object->stopped())
		return raise(L, EBADF);
	Runtime &outer = runtime_of(L);
	if (outer.holds_atomic())
		return luaL_error(L, "'resume' may sleep and cannot be called while the kernel holds a lock");
	if (!outer.may_sleep())
		return luaL_error(L, "'resume' may sleep and cannot be called in a %s runtime", name_of(outer.context));

	int count = lua_gettop(L) - 1;
	// SAFETY: a userdata of that size, which stays on the stack while it is used.
	auto *arguments = static_cast<lunatik_value *>(lua_newuserdatauv(L, sizeof(lunatik_value) * static_cast<unsigned>(count), 0));
	for (int i = 0; i < count; i++)
		take_argument(L, i + 2, arguments[i]);

	// Reading the arguments may have run the script's code, which may have closed the receiver.
	if (!box->object)
		return raise(L, EBADF);
	Outcome outcome = resume_all(Runtime::of(*box->object), outer, arguments, count);
	if (outcome.error && !outcome.message)
		return raise(L, outcome.error);
	lua_pushcfunction(L, push_outcome);
	lua_pushlightuserdata(L, &outcome);
	int base = lua_gettop(L) - 2;
	int status = lua_pcall(L, 1, LUA_MULTRET, 0);
	forget(outcome);
	return status == LUA_OK ? lua_gettop(L) - base : lua_error(L);
}

} // namespace lunatik
