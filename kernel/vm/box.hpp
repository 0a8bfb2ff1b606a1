/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * How an object looks inside a Lua state: a userdata that holds one handle. Its first word proves that the userdata is
 * ours, whatever a script did to its metatable. For edge*.cpp only.
 */
#pragma once

#include "api.h"

#include "object/object.hpp"
#include "runtime/runtime.hpp"

namespace lunatik::edge {

/// The userdata of an object. `object` is null once it was finalized.
struct Box {
	const void *mark; // this and the object lua/callback.c knows, too
	Object *object;
	bool constructed; // false while a constructor's body has not succeeded

	static const char the_mark;
};

/// The Lua state's runtime.
[[nodiscard]] inline Runtime &runtime_of(lua_State *L) noexcept
{
	// SAFETY: open() sets the extra space of every state before anything runs in it.
	auto &extra = *static_cast<lunatik_extra *>(lua_getextraspace(L));
	return Runtime::of(*extra.runtime);
}

/// The box at `index`, or nullptr if the value is something else. Never raises.
[[nodiscard]] inline Box *box_at(lua_State *L, int index) noexcept
{
	// The length of a light userdata is 0, and a string or table has no address.
	if (lua_rawlen(L, index) != sizeof(Box))
		return nullptr;
	// SAFETY: a full userdata of that size, or none; the mark is an address no script can write.
	auto *box = static_cast<Box *>(lua_touserdata(L, index));
	return box && box->mark == &Box::the_mark ? box : nullptr;
}

/// Pushes an empty box with the metatable of `info`, registering the class first if need be. Raises.
Box *push_box(lua_State *L, const lunatik_class_t &info, int uservalues);

/// Pushes a table that keeps none of its values. Raises.
void push_weak_table(lua_State *L);
/// Makes the table of the handles that a state has. Raises.
void open_handles(lua_State *L);

/// Pushes `object` as another handle. Raises; nothing is held if it does.
void clone_object(lua_State *L, Object &object);

/// Pushes the handle of `object` that came into the state before, a new one if none did or it is gone. Raises.
void push_object(lua_State *L, Object &object);

/// Pushes a plain value, or an object's handle. Raises; owned kinds stay the caller's.
void push_value(lua_State *L, const lunatik_value &value);

/// Reads the argument at `index` as a value that may leave its runtime; borrowed from the stack. Raises on any other.
void take_argument(lua_State *L, int index, lunatik_value &value);

/// Registers a class' metatable in the state, once. `classes` (or nullptr) are those its methods accept besides. Raises.
void register_class(lua_State *L, const lunatik_class_t &info, struct module *owner, const lunatik_class_t *const *classes);

/// The module that objects of a class pin, as register_class() was told. Never raises.
[[nodiscard]] struct module *owner_of(lua_State *L, const lunatik_class_t &info) noexcept;

/// Raises the name of an errno, as c-api-4.md says.
int raise(lua_State *L, int error);

/// Pushes a value as a person at a prompt wants to read it: tables with what is in them. Raises.
const char *show(lua_State *L, int index, size_t *size);


/// Counts and logs what a failed callback left on top of the stack and pops it. Returns its negative errno. Never raises.
int callback_error(Runtime &runtime, lua_State *L, int status) noexcept;

/// Copies what a failed protected call left on top of the stack into `report` and pops it. Never raises.
void fill_report(lua_State *L, int status, Report &report) noexcept;

/// lua_pcall of a C function with one pointer, without results: the way from C++ into code that raises. Leaves the error
/// on the stack unless it returns LUA_OK. Never raises.
int protect(lua_State *L, lua_CFunction function, void *argument) noexcept;

/// The libraries of this module itself, for require().
extern const luaL_Reg builtin_libraries[];

} // namespace lunatik::edge
