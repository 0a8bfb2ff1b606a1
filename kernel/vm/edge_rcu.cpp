// SPDX-License-Identifier: MIT OR GPL-2.0-only
/* The part of the library "rcu" that calls back into Lua: map(). */
#include "api.h"
#include "vm/box.hpp"
#include "vm/edge.hpp"

#include <asm-generic/errno.h>

#include "host.h"
#include "object/table.hpp"

namespace lunatik {

using namespace edge;

namespace {

/// One step of a walk through a table; lies in a userdata, so that the stack is left to the callback.
struct Step {
	bool begun;
	RcuTable::Key key;
	char room[LUNATIK_SCRATCH];
	lunatik_value value;
};

int push_pair(lua_State *L)
{
	// SAFETY: map() passes its Step.
	auto &step = *static_cast<Step *>(lua_touserdata(L, 1));
	lua_pushlstring(L, step.key.text, step.key.size);
	push_value(L, step.value);
	return 2;
}

int advance(RcuTable &table, Runtime &runtime, Step &step) noexcept
{
	auto value = table.next(runtime.object, step.begun ? &step.key : nullptr, step.key, step.room);
	if (!value)
		return value.error().negative();
	step.begun = true;
	step.value = *value;
	return 0;
}

} // namespace

int MapFunction::call(lua_State *L) noexcept
{
	Box *box = box_at(L, 1);
	if (!box || (box->object && box->object->class_ != &RcuTable::info))
		return luaL_typeerror(L, 1, RcuTable::info.name);
	luaL_checktype(L, 2, LUA_TFUNCTION);
	lua_settop(L, 2);
	// SAFETY: a userdata of that size, which stays on the stack while it is used.
	auto &step = *static_cast<Step *>(lua_newuserdatauv(L, sizeof(Step), 0));
	step.begun = false;
	bool collected = false;
	for (;;) {
		// The callback may have closed it.
		if (!box->object || box->object->stopped())
			return raise(L, EBADF);
		// SAFETY: an open object of this class.
		int error = advance(*static_cast<RcuTable *>(box->object->private_), runtime_of(L), step);
		// A walk is how a script whose table has met the cap makes room: what is garbage must not be in its way.
		if (error == -ENOMEM && !collected && runtime_of(L).may_sleep()) {
			collected = true;
			lua_gc(L, LUA_GCCOLLECT);
			continue;
		}
		collected = false;
		if (error)
			return raise(L, error);
		if (step.value.kind == LUNATIK_NONE)
			return 0;
		lua_pushvalue(L, 2);
		lua_pushcfunction(L, push_pair);
		lua_pushlightuserdata(L, &step);
		int status = lua_pcall(L, 1, 2, 0);
		if (step.value.kind == LUNATIK_BYTES)
			lunatik_freebytes(step.value.bytes.data);
		else if (step.value.kind == LUNATIK_OBJECT)
			lunatik_dropobject(step.value.object);
		if (status != LUA_OK)
			return lua_error(L);
		lua_call(L, 2, 0);
		// The callback may be a C function, which looks at nothing.
		lunatik_poll(L);
	}
}

} // namespace lunatik

unsigned int lunatik_keyhash(const char *key, std::size_t size)
{
	return lunatik::RcuTable::hash_of({ key, size });
}
