// SPDX-License-Identifier: MIT OR GPL-2.0-only
/*
 * The calls of native functions: decode, act, encode. Here Lua may raise, so nothing with a destructor lives here; the
 * bodies, where everything has one, run in between and cannot raise.
 */
#include "api.h"
#include "vm/box.hpp"
#include "vm/charge.hpp"
#include "vm/edge.hpp"

#include <asm-generic/errno.h>

#include "lunatik/uapi.h"

namespace lunatik::edge {

const char Box::the_mark = 0;

int raise(lua_State *L, int error)
{
	// Lua's own words for it, which scripts know.
	if (error == -EOVERFLOW)
		return luaL_error(L, "C stack overflow");
	const char *name = lunatik_h_errname(error < 0 ? -error : error);
	if (name)
		lua_pushstring(L, name);
	else
		lua_pushfstring(L, "error %d", error < 0 ? -error : error);
	return lua_error(L);
}

/* ---- classes ---- */

// Whether what a finalizer drops may end here: not where the kernel holds a lock around a callback, rtnl say, that the end may want.
static bool releases_here(lua_State *L)
{
	return !runtime_of(L).holds_atomic();
}

// Closes what was made with the object at index 1 and shows what is its: a worker may free that, and no lock of the state's keeps the
// worker from it.
static void close_companions(lua_State *L)
{
	int top = lua_gettop(L);
	for (int i = first_kept; lua_getiuservalue(L, 1, i) != LUA_TNONE; i++) {
		Box *box = box_at(L, -1);
		if (box && box->object && lua_getiuservalue(L, -1, 1) == LUA_TUSERDATA && lua_rawequal(L, -1, 1))
			std::exchange(box->object, nullptr)->drop(releases_here(L));
		lua_settop(L, top);
	}
	lua_settop(L, top);
}

// Whether a handle in the state is one of those that end with what they are handles of, if nobody else has one.
static bool is_kin(lua_State *L, Object &object)
{
	return object.class_ == &Runtime::info && Runtime::of(object).family == runtime_of(L).family;
}

static int finalize(lua_State *L)
{
	Box *box = box_at(L, 1);
	if (!box || !box->object)
		return 0;
	close_companions(L);
	if (is_kin(L, *box->object))
		box->object->remove_kin();
	std::exchange(box->object, nullptr)->drop(releases_here(L));
	return 0;
}

// The state keeps the object no longer.
static void unpin(lua_State *L, Object *object)
{
	object->pinned = nullptr;
	lua_pushnil(L);
	lua_rawsetp(L, LUA_REGISTRYINDEX, object);
}

// Stops an object for a script.
static void stop_object(lua_State *L, Object &object)
{
	Runtime &runtime = runtime_of(L);
	// A hook in whose callback this runs, or another task's that waits for this runtime, would be waited for: inside.
	bool waits = object.opt & LUNATIK_OPT_HOOK && runtime.context == Context::Process && !runtime.closing();
	if (waits || !runtime.may_sleep())
		object.stop_later();
	else
		object.stop();
}

static int close_box(lua_State *L)
{
	Box *box = box_at(L, 1);
	if (box && box->object) {
		Object *object = box->object;
		unpin(L, object);
		if (runtime_of(L).may_sleep())
			stop_object(L, *object);
		else
			finalize(L);
	}
	return 0;
}

// MONITOR for classes written in C: the method runs under the object's lock, which a raise must not leave held.
static int monitored(lua_State *L)
{
	Box *box = box_at(L, 1);
	int arguments = lua_gettop(L);
	lua_pushvalue(L, lua_upvalueindex(1));
	lua_insert(L, 1);
	// A method that calls back into a script, which calls another of the same object, has the lock already.
	if (!box || !box->object || box->object->opt & LUNATIK_OPT_SINGLE ||
	    box->object->monitored_by.load() == lunatik_h_current()) {
		lua_call(L, arguments, LUA_MULTRET);
		return lua_gettop(L);
	}
	Object *object = box->object;
	unsigned long flags = 0;
	bool atomic = object->context() != Context::Process;
	Runtime &runtime = runtime_of(L);
	// Collecting would run finalizers, and allocating could sleep, under the object's lock.
	bool collects = lua_gc(L, LUA_GCISRUNNING);
	lua_gc(L, LUA_GCSTOP);
	bool held = runtime.holds_atomic();
	if (atomic)
		runtime.hold_atomic(true);
	lunatik_lock(object, &flags);
	object->monitored_by.store(lunatik_h_current());
	int status = lua_pcall(L, arguments, LUA_MULTRET, 0);
	object->monitored_by.store(nullptr);
	lunatik_unlock(object, flags);
	if (atomic)
		runtime.hold_atomic(held);
	if (collects)
		lua_gc(L, LUA_GCRESTART);
	return status == LUA_OK ? lua_gettop(L) : lua_error(L);
}

// The registry keeps a class' metatable under its address, and its owner under the byte behind.
static const void *owner_key(const lunatik_class_t &info) noexcept
{
	// SAFETY: an address inside the class, never dereferenced.
	return reinterpret_cast<const char *>(&info) + 1;
}

struct module *owner_of(lua_State *L, const lunatik_class_t &info) noexcept
{
	lua_rawgetp(L, LUA_REGISTRYINDEX, owner_key(info));
	// SAFETY: only register_class() sets this entry.
	auto *owner = static_cast<struct module *>(lua_touserdata(L, -1));
	lua_settop(L, -2);
	return owner;
}

void register_class(lua_State *L, const lunatik_class_t &info, struct module *owner, const lunatik_class_t *const *classes)
{
	if (lua_rawgetp(L, LUA_REGISTRYINDEX, &info) == LUA_TTABLE) {
		lua_pop(L, 1);
		return;
	}
	lua_pop(L, 1);
	bool native = info.opt & LUNATIK_OPT_NATIVE;
	lua_newtable(L);
	for (const luaL_Reg *method = info.methods; method && method->name; method++) {
		// SAFETY: array and class are the module's, which is pinned while its classes are in the state.
		if (!native) {
			lua_pushlightuserdata(L, const_cast<lunatik_class_t **>(classes));
			lua_pushlightuserdata(L, const_cast<lunatik_class_t *>(&info));
		}
		lua_pushcclosure(L, method->func, native ? 0 : 2);
		if (!native && info.opt & LUNATIK_OPT_MONITOR)
			lua_pushcclosure(L, monitored, 1);
		lua_setfield(L, -2, method->name);
	}
	// A method that a script took out of the metatable outlives every object: the state itself keeps the module.
	if (int error = owner ? runtime_of(L).pin(owner) : 0; error == -ENOMEM)
		raise(L, error);
	else if (error)
		luaL_error(L, "the module of class '%s' cannot be kept", info.name);
	lua_pushlightuserdata(L, owner);
	lua_rawsetp(L, LUA_REGISTRYINDEX, owner_key(info));
	// A class with an __index method of its own looks its methods up by itself.
	if (lua_getfield(L, -1, "__index") == LUA_TNIL) {
		lua_pushvalue(L, -2);
		lua_setfield(L, -3, "__index");
	}
	lua_pop(L, 1);
	lua_pushcfunction(L, finalize);
	lua_setfield(L, -2, "__gc");
	lua_pushcfunction(L, close_box);
	lua_setfield(L, -2, "__close");
	lua_pushstring(L, info.name);
	lua_setfield(L, -2, "__name");
	// A script that could call __gc would close an object under a method that uses it.
	lua_pushboolean(L, 0);
	lua_setfield(L, -2, "__metatable");
	lua_rawsetp(L, LUA_REGISTRYINDEX, &info);
}

Box *push_box(lua_State *L, const lunatik_class_t &info, int uservalues)
{
	// Lua marks nothing for finalization any more: the handle would never go.
	if (runtime_of(L).closing())
		luaL_error(L, "no objects while the runtime closes");
	// SAFETY: a new userdata of that size, aligned for any type.
	auto *box = static_cast<Box *>(lua_newuserdatauv(L, sizeof(Box), uservalues));
	*box = { &Box::the_mark, nullptr, false };
	if (lua_rawgetp(L, LUA_REGISTRYINDEX, &info) != LUA_TTABLE) {
		lua_pop(L, 1);
		// Which objects its methods accept, only the library of a class written in C says.
		if (!(info.opt & LUNATIK_OPT_NATIVE))
			luaL_error(L, "require(\"%s\") first: its class is not known here", info.name);
		register_class(L, info, info.owner, nullptr);
		lua_rawgetp(L, LUA_REGISTRYINDEX, &info);
	}
	lua_setmetatable(L, -2);
	return box;
}

// A weak table in the registry: the handles that came into the state, by the addresses of their objects. Reading an object from a
// shared table again and again makes no userdata again and again, and gives the same one.
static const char handles = 0;

void push_weak_table(lua_State *L)
{
	lua_newtable(L);
	lua_newtable(L);
	lua_pushstring(L, "v");
	lua_setfield(L, -2, "__mode");
	lua_setmetatable(L, -2);
}

void open_handles(lua_State *L)
{
	push_weak_table(L);
	runtime_of(L).gauge.handles = lua_topointer(L, -1);
	lua_rawsetp(L, LUA_REGISTRYINDEX, &handles);
}

void clone_object(lua_State *L, Object &object)
{
	// Where its lock cannot be taken, an object is of no use.
	Runtime &runtime = runtime_of(L);
	if (runtime.context > object.context())
		luaL_error(L, "class '%s' needs a %s runtime, this one is %s", object.class_->name, name_of(object.context()),
			   name_of(runtime.context));
	Box *box = push_box(L, *object.class_, 0);
	object.hold();
	if (is_kin(L, object))
		object.add_kin();
	box->object = &object;
	box->constructed = true;
}

void push_object(lua_State *L, Object &object)
{
	lua_rawgetp(L, LUA_REGISTRYINDEX, &handles);
	lua_rawgetp(L, -1, &object);
	Box *box = box_at(L, -1);
	if (!box || box->object != &object) {
		lua_pop(L, 1);
		clone_object(L, object);
		lua_pushvalue(L, -1);
		lua_rawsetp(L, -3, &object);
	}
	lua_remove(L, -2);
}

/* ---- arguments ---- */

static const char *kind_name(const lunatik_parameter &parameter)
{
	switch (parameter.kind) {
	case LUNATIK_BOOLEAN:
		return "boolean";
	case LUNATIK_INTEGER:
	case LUNATIK_BUFFER:
		return "number";
	case LUNATIK_STRING:
		return "string";
	case LUNATIK_FUNCTION:
		return "function";
	case LUNATIK_TABLE:
		return "table";
	case LUNATIK_POINTER:
		return "light userdata";
	case LUNATIK_SYMBOL:
		return "string or light userdata";
	case LUNATIK_OBJECT:
		return parameter.class_ ? parameter.class_->name : "object";
	default:
		return "value";
	}
}

// Where a bad value was found: an argument, or a field of an argument.
struct Place {
	int argument;
	const char *field;
	const char *function;
};

static int bad(lua_State *L, const Place &place, const char *what)
{
	if (!place.field)
		return luaL_argerror(L, place.argument, what);
	return luaL_error(L, "bad field '%s' in argument #%d to '%s' (%s)", place.field, place.argument, place.function, what);
}

static int bad_type(lua_State *L, const Place &place, int index, const char *expected)
{
	const char *actual = lua_isnone(L, index) ? "no value" : luaL_typename(L, index);
	if (Box *box = box_at(L, index); box && box->object)
		actual = box->object->class_->name;
	return bad(L, place, lua_pushfstring(L, "%s expected, got %s", expected, actual));
}

static void decode_object(lua_State *L, int index, const lunatik_parameter &parameter, lunatik_value &value, const Place &place)
{
	Box *box = box_at(L, index);
	if (!box || (box->object && parameter.class_ && box->object->class_ != parameter.class_))
		bad_type(L, place, index, kind_name(parameter));
	else if (!box->object || box->object->stopped())
		bad(L, place, lua_pushfstring(L, "%s is closed", parameter.class_ ? parameter.class_->name : "object"));
	else
		value = { .kind = LUNATIK_OBJECT, .object = box->object };
}

// A Buffer of a usual size is kept for the next call, in the registry under this key: a new one for each would be work for the
// collector. While a call has it, it is not free, so that a finalizer's call gets another.
static const char kept_buffer = 0;
static constexpr std::size_t kept_size = 16 << 10;

// Pushes a userdata of that size or more. Lua does not zero it; only what the body fills is ever shown.
static char *take_buffer(lua_State *L, std::size_t size)
{
	void *buffer = lunatik_takebuffer(L, size);
	// SAFETY: the userdata stays on the stack until the call ends.
	return static_cast<char *>(buffer ? buffer : lua_newuserdatauv(L, size, 0));
}

static const lunatik_value *buffer_of(const lunatik_call &call) noexcept
{
	for (unsigned i = 0; i < call.count; i++) {
		if (call.arguments[i].kind == LUNATIK_BUFFER)
			return &call.arguments[i];
	}
	return nullptr;
}

// After a call that had one.
static void keep_buffer(lua_State *L, const lunatik_call &call)
{
	const lunatik_value *argument = buffer_of(call);
	if (!argument || lunatik_returnbuffer(L, argument->index) || lua_rawlen(L, argument->index) > kept_size)
		return;
	lua_pushvalue(L, argument->index);
	void *buffer = lunatik_userdata(L);
	lua_rawsetp(L, LUA_REGISTRYINDEX, &kept_buffer);
	lunatik_gauge &gauge = runtime_of(L).gauge;
	gauge.buffer = buffer;
	gauge.buffer_free = 1;
}

static void decode(lua_State *L, int index, const lunatik_parameter &parameter, lunatik_value &value, const Place &place)
{
	if (parameter.optional && lua_isnoneornil(L, index)) {
		value.kind = LUNATIK_NONE;
		return;
	}
	unsigned char kind = parameter.kind;
	if (kind == LUNATIK_SYMBOL)
		kind = lua_type(L, index) == LUA_TLIGHTUSERDATA ? LUNATIK_POINTER : LUNATIK_STRING;
	switch (kind) {
	case LUNATIK_BOOLEAN:
		if (lua_isnone(L, index))
			bad_type(L, place, index, "boolean");
		value.kind = LUNATIK_BOOLEAN;
		value.boolean = lua_toboolean(L, index);
		break;
	case LUNATIK_INTEGER:
	case LUNATIK_BUFFER: {
		int is_integer = 0;
		lua_Integer integer = lua_tointegerx(L, index, &is_integer);
		if (!is_integer)
			bad_type(L, place, index, "number");
		if (integer < parameter.minimum || integer > parameter.maximum)
			bad(L, place, "out of range");
		value.kind = parameter.kind;
		if (parameter.kind == LUNATIK_INTEGER) {
			value.integer = integer;
			break;
		}
		value.bytes.data = take_buffer(L, static_cast<std::size_t>(integer));
		value.bytes.size = static_cast<unsigned long>(integer);
		value.index = lua_gettop(L);
		break;
	}
	case LUNATIK_STRING: {
		if (!lua_isstring(L, index))
			bad_type(L, place, index, kind_name(parameter));
		size_t size = 0;
		// SAFETY: bodies read their arguments only.
		value.bytes.data = const_cast<char *>(lua_tolstring(L, index, &size));
		value.bytes.size = size;
		value.kind = LUNATIK_STRING;
		break;
	}
	case LUNATIK_FUNCTION:
	case LUNATIK_TABLE:
		if (lua_type(L, index) != (parameter.kind == LUNATIK_TABLE ? LUA_TTABLE : LUA_TFUNCTION))
			bad_type(L, place, index, kind_name(parameter));
		value.kind = parameter.kind;
		break;
	case LUNATIK_POINTER:
		if (lua_type(L, index) != LUA_TLIGHTUSERDATA)
			bad_type(L, place, index, kind_name(parameter));
		value.kind = LUNATIK_POINTER;
		value.pointer = lua_touserdata(L, index);
		break;
	case LUNATIK_OBJECT:
		decode_object(L, index, parameter, value, place);
		break;
	default:
		switch (lua_type(L, index)) {
		case LUA_TNONE:
			bad_type(L, place, index, "value");
			break;
		case LUA_TNIL:
			value.kind = LUNATIK_NIL;
			break;
		case LUA_TBOOLEAN:
			value.kind = LUNATIK_BOOLEAN;
			value.boolean = lua_toboolean(L, index);
			break;
		case LUA_TNUMBER:
			value.kind = LUNATIK_INTEGER;
			value.integer = lua_tointegerx(L, index, nullptr);
			break;
		case LUA_TSTRING: {
			size_t size = 0;
			value.kind = LUNATIK_STRING;
			value.bytes.data = const_cast<char *>(lua_tolstring(L, index, &size));
			value.bytes.size = size;
			break;
		}
		default:
			decode_object(L, index, parameter, value, place);
		}
	}
}

static constexpr lunatik_parameter any_value{ .kind = LUNATIK_ANY };

void take_argument(lua_State *L, int index, lunatik_value &value)
{
	decode(L, index, any_value, value, { index, nullptr, nullptr });
	if (value.kind == LUNATIK_OBJECT && value.object->opt & LUNATIK_OPT_SINGLE)
		luaL_argerror(L, index, "this object cannot leave its runtime");
}

/* ---- results ---- */

void push_value(lua_State *L, const lunatik_value &value)
{
	switch (value.kind) {
	case LUNATIK_BOOLEAN:
		lua_pushboolean(L, value.boolean);
		break;
	case LUNATIK_INTEGER:
		lua_pushinteger(L, value.integer);
		break;
	case LUNATIK_STRING:
	case LUNATIK_BYTES:
		lua_pushlstring(L, value.bytes.data, value.bytes.size);
		break;
	case LUNATIK_OBJECT:
		push_object(L, Object::of(*value.object));
		break;
	case LUNATIK_POINTER:
		lua_pushlightuserdata(L, value.pointer);
		break;
	default:
		lua_pushnil(L);
	}
}

static void encode_plain(lua_State *L, const lunatik_call &call, const lunatik_value &value)
{
	switch (value.kind) {
	case LUNATIK_KEPT:
		lua_getiuservalue(L, 1, first_kept + static_cast<int>(value.integer));
		break;
	case LUNATIK_BUFFER:
		if (const lunatik_value *argument = buffer_of(call))
			lua_pushlstring(L, argument->bytes.data,
					value.bytes.size < argument->bytes.size ? value.bytes.size : argument->bytes.size);
		else
			lua_pushnil(L);
		break;
	case LUNATIK_CONSTANTS:
		lua_newtable(L);
		for (const lunatik_constant *constant = value.constants; constant->name; constant++) {
			lua_pushinteger(L, constant->value);
			lua_setfield(L, -2, constant->name);
		}
		break;
	default:
		push_value(L, value);
	}
}

// Pushes every result; returns how many values that made. Not inlined: invoke() stays on the stack of all that a body enters.
[[gnu::noinline]] static int encode(lua_State *L, const lunatik_call &call)
{
	int pushed = 0;
	for (unsigned i = 0; i < call.result_count; i++, pushed++) {
		const lunatik_value &value = call.results[i];
		if (value.kind != LUNATIK_RECORD) {
			encode_plain(L, call, value);
			continue;
		}
		lua_newtable(L);
		for (const char *const *name = value.names; *name && i + 1 < call.result_count; name++) {
			encode_plain(L, call, call.results[++i]);
			lua_setfield(L, -2, *name);
		}
	}
	return pushed;
}

static int encode_all(lua_State *L)
{
	// SAFETY: lunatik_invoke() passes its call.
	return encode(L, *static_cast<lunatik_call *>(lua_touserdata(L, 1)));
}

// Owned results are pushed inside a protected call: a raise must not lose them.
static int encode_owned(lua_State *L, lunatik_call &call)
{
	int base = lua_gettop(L);
	lua_pushcfunction(L, encode_all);
	lua_pushlightuserdata(L, &call);
	int status = lua_pcall(L, 1, LUA_MULTRET, 0);
	for (unsigned i = 0; i < call.result_count; i++) {
		if (call.results[i].kind == LUNATIK_BYTES)
			lunatik_freebytes(call.results[i].bytes.data);
		else if (call.results[i].kind == LUNATIK_OBJECT)
			lunatik_dropobject(call.results[i].object);
	}
	return status == LUA_OK ? lua_gettop(L) - base : lua_error(L);
}

/* ---- the call ---- */

static void check_context(lua_State *L, const lunatik_function &function, Runtime &runtime)
{
	if (function.flags & LUNATIK_FUNCTION_SLEEPS && runtime.holds_atomic())
		luaL_error(L, "'%s' may sleep and cannot be called while the kernel holds a lock", function.name);
	if (function.flags & LUNATIK_FUNCTION_SLEEPS && !runtime.may_sleep())
		luaL_error(L, "'%s' may sleep and cannot be called in a %s runtime", function.name, name_of(runtime.context));
	if (!(function.flags & LUNATIK_FUNCTION_CONSTRUCTOR))
		return;
	// A class' context is the strictest one its objects' lock can be taken in.
	Context wanted = context_of(function.class_->opt);
	bool fits = function.flags & LUNATIK_FUNCTION_EXACT ? runtime.context == wanted : runtime.context <= wanted;
	if (!fits)
		luaL_error(L, "'%s' of class '%s' needs a %s runtime, this one is %s", function.name, function.class_->name,
			   name_of(wanted), name_of(runtime.context));
}

static Box *receiver(lua_State *L, const lunatik_function &function)
{
	Box *box = box_at(L, 1);
	if (!box || (box->object && box->object->class_ != function.class_)) {
		const char *actual = lua_isnone(L, 1) ? "no value" : luaL_typename(L, 1);
		if (box)
			actual = box->object->class_->name;
		luaL_error(L, "bad argument #1 to '%s' (%s expected, got %s)", function.name, function.class_->name, actual);
	}
	if (!box->object || (box->object->stopped() && !(function.flags & LUNATIK_FUNCTION_STOP)))
		raise(L, EBADF);
	return box;
}

// Before the body acts, everything that may raise is done: the box, its metatable, what it keeps, and the pin.
static Object *reserve(lua_State *L, const lunatik_function &function, Runtime &runtime, int kept, const int *indices)
{
	const lunatik_class_t &info = *function.class_;
	bool keeps = function.flags & LUNATIK_FUNCTION_KEEPS;
	Box *box = push_box(L, info, keeps ? first_kept - 1 + function.parameter_count : 1);
	int index = lua_gettop(L);
	Object *object = Object::create(info, function.size, LUNATIK_OPT_NONE, { .payer = &runtime.account,
										 .atomic = !runtime.may_sleep() });
	if (!object)
		raise(L, ENOMEM);
	object->hold();
	object->put();
	box->object = object;
	if (kept) {
		lua_pushvalue(L, kept);
		lua_setiuservalue(L, index, 1);
	}
	for (unsigned i = 0; keeps && i < function.parameter_count; i++) {
		lua_pushvalue(L, indices[i]);
		lua_setiuservalue(L, index, static_cast<int>(first_kept + i));
		// What shows it keeps it. A hook needs nobody to keep it.
		if (function.parameters[i].kind == LUNATIK_COMPANION && !(info.opt & LUNATIK_OPT_HOOK)) {
			lua_pushvalue(L, index);
			lua_setiuservalue(L, indices[i], 1);
		}
	}
	if (function.flags & LUNATIK_FUNCTION_PIN) {
		lua_pushvalue(L, index);
		object->pinned = lunatik_userdata(L);
		lua_rawsetp(L, LUA_REGISTRYINDEX, object);
	}
	return object;
}

// An index where there is no value: an upvalue that no C function has.
static const int nowhere = lua_upvalueindex(255);

static int invoke(lua_State *L, const lunatik_function &function);

static int make_companion(lua_State *L)
{
	// SAFETY: push_companion() passes the constructor of its parameter.
	const auto &constructor = *static_cast<const lunatik_function *>(lua_touserdata(L, 1));
	lua_settop(L, 0);
	return invoke(L, constructor);
}

// Makes an object that will be kept with another, and leaves it on the stack.
static void push_companion(lua_State *L, const lunatik_parameter &parameter, lunatik_value &value)
{
	luaL_checkstack(L, 2, "too many companions");
	lua_pushcfunction(L, make_companion);
	// SAFETY: only read.
	lua_pushlightuserdata(L, const_cast<lunatik_function *>(parameter.constructor));
	lua_call(L, 1, 1);
	value = { .kind = LUNATIK_OBJECT, .object = box_at(L, -1)->object };
}

// Decodes every argument; returns the index of the one that a constructor keeps with its object, or 0. Says in `indices`
// where each is.
[[gnu::noinline]] static int decode_all(lua_State *L, const lunatik_function &function, lunatik_call &call, int *indices)
{
	int given = lua_gettop(L);
	int argument = function.flags & LUNATIK_FUNCTION_METHOD ? 2 : 1;
	int kept = 0, table = 0;
	unsigned count = function.parameter_count;
	for (unsigned i = 0; i < count; i++) {
		const lunatik_parameter &parameter = function.parameters[i];
		lunatik_value &value = call.arguments[i];
		if (parameter.field && !table) {
			// Of a table that is optional and not there.
			value.kind = LUNATIK_NONE;
			indices[i] = nowhere;
			continue;
		}
		if (parameter.field) {
			luaL_checkstack(L, 2, "too many fields");
			lua_getfield(L, table, parameter.field);
			indices[i] = lua_gettop(L);
			decode(L, indices[i], parameter, value, { table, parameter.field, function.name });
			continue;
		}
		if (parameter.kind == LUNATIK_COMPANION) {
			push_companion(L, parameter, value);
			indices[i] = lua_gettop(L);
			continue;
		}
		// Behind the arguments given lies what fields pushed.
		int index = argument <= given ? argument : nowhere;
		indices[i] = index;
		decode(L, index, parameter, value, { argument, nullptr, function.name });
		if (parameter.kind == LUNATIK_TABLE)
			table = value.kind == LUNATIK_TABLE ? argument : 0;
		if (value.kind == LUNATIK_TABLE || value.kind == LUNATIK_FUNCTION)
			kept = argument;
		argument++;
	}
	for (; function.flags & LUNATIK_FUNCTION_VARARGS && argument <= given; argument++, count++) {
		if (count == LUNATIK_ARGUMENTS)
			luaL_argerror(L, argument, "too many arguments");
		decode(L, argument, any_value, call.arguments[count], { argument, nullptr, function.name });
	}
	call.count = static_cast<unsigned char>(count);
	return kept;
}

// The body, under the receiver's lock if its class asks for it. Nothing in it raises.
static int act(const lunatik_function &function, lunatik_call &call, const Object *receiver) noexcept
{
	bool locked = receiver && receiver->opt & LUNATIK_OPT_MONITOR && !(receiver->opt & LUNATIK_OPT_SINGLE);
	if (!locked)
		return function.body(&call);
	unsigned long flags = 0;
	lunatik_lock(call.object, &flags);
	int error = function.body(&call);
	lunatik_unlock(call.object, flags);
	return error;
}

[[gnu::noinline]] static int fail(lua_State *L, const lunatik_function &function, lunatik_call &call, int error)
{
	if (call.result_count) {
		encode_owned(L, call);
		return lua_error(L);
	}
	// What ended a wait ends the script: that says more than EINTR.
	if (function.flags & LUNATIK_FUNCTION_SLEEPS)
		lunatik_poll(L);
	if (call.message)
		return luaL_error(L, "%s", call.message);
	return raise(L, error);
}

// The long way of lunatik_readcall(), which says what is wrong. Returns what decode_all() does.
[[gnu::noinline]] static int decode_call(lua_State *L, const lunatik_function &function, lunatik_call &call, int *indices)
{
	if (!(function.flags & LUNATIK_FUNCTION_METHOD))
		return decode_all(L, function, call, indices);
	Box *box = receiver(L, function);
	Object *object = box->object;
	call.object = object;
	call.self = object->private_;
	int kept = decode_all(L, function, call, indices);
	// Decoding may have run the script's code, which may have closed the receiver.
	return box->object == object ? kept : raise(L, EBADF);
}

[[gnu::noinline]] static int construct(lua_State *L, const lunatik_function &function, lunatik_call &call, Runtime &runtime)
{
	__attribute__((uninitialized)) int indices[LUNATIK_ARGUMENTS];
	int kept = decode_call(L, function, call, indices);
	const lunatik_object_t *receiver = call.object;
	Object *object = reserve(L, function, runtime, kept, indices);
	int box = lua_gettop(L);
	call.receiver = call.self;
	call.object = object;
	call.self = object->private_;
	Object *first = nullptr;
	bool pinned = function.flags & LUNATIK_FUNCTION_PIN;
	auto make = [&]() noexcept {
		// Collecting garbage, here and on the way here, runs the script's finalizers, which may close the receiver.
		if (receiver && box_at(L, 1)->object != receiver)
			return -EBADF;
		int error = pinned && function.class_->opt & LUNATIK_OPT_HOOK ? runtime.find_first(*object, first) : 0;
		if (error == -ESRCH)
			call.message = "each CPU's state must make the same hooks, in the same order";
		call.first = first;
		return error ? error : act(function, call, nullptr);
	};
	int error = make();
	if (error == -ENOMEM && runtime.may_sleep()) {
		// The collector does not see what objects hold: what only garbage holds is given back first.
		lua_gc(L, LUA_GCCOLLECT);
		error = make();
	}
	if (!error) {
		object->constructed();
		if (pinned && function.class_->opt & LUNATIK_OPT_HOOK)
			runtime.add_hook(*object, first);
		lua_settop(L, box);
		return 1;
	}
	if (pinned)
		unpin(L, object);
	box_at(L, box)->object = nullptr;
	object->drop();
	return fail(L, function, call, error);
}

// Apart, so that the short way has no room for indices on its stack.
[[gnu::noinline]] static void decode_slowly(lua_State *L, const lunatik_function &function, lunatik_call &call)
{
	__attribute__((uninitialized)) int indices[LUNATIK_ARGUMENTS];
	decode_call(L, function, call, indices);
}

static int invoke(lua_State *L, const lunatik_function &function)
{
	// Only what is filled is read; zeroing all of it would cost more than most bodies.
	__attribute__((uninitialized)) lunatik_call call;
	Runtime &runtime = runtime_of(L);
	call.runtime = &runtime.object;
	call.object = nullptr;
	call.self = nullptr;
	call.result_count = 0;
	call.message = nullptr;

	if (function.flags & (LUNATIK_FUNCTION_SLEEPS | LUNATIK_FUNCTION_CONSTRUCTOR))
		check_context(L, function, runtime);
	if (function.flags & LUNATIK_FUNCTION_CONSTRUCTOR)
		return construct(L, function, call, runtime);
	if (!lunatik_readcall(L, &function, &call))
		decode_slowly(L, function, call);

	Object *object = call.object ? &Object::of(*call.object) : nullptr;
	if (int error = act(function, call, object))
		return fail(L, function, call, error);
	if (function.flags & LUNATIK_FUNCTION_STOP) {
		unpin(L, object);
		stop_object(L, *object);
	}
	bool owned = false;
	for (unsigned i = 0; i < call.result_count; i++)
		owned |= call.results[i].kind == LUNATIK_BYTES || call.results[i].kind == LUNATIK_OBJECT;
	// A sleep that was interrupted ends the script here: it may run no further instruction that would look.
	if (!owned && function.flags & LUNATIK_FUNCTION_SLEEPS && runtime.stop_bits())
		lunatik_poll(L);
	int pushed = owned ? encode_owned(L, call) : encode(L, call);
	if (call.result_count && call.results[0].kind == LUNATIK_BUFFER)
		keep_buffer(L, call);
	return pushed;
}

/* ---- from the kernel into Lua ---- */

// Interns the name of a callback, for as long as the state lives: its text is that of a module the state keeps.
static void learn(lua_State *L, Runtime &runtime, const char *field)
{
	for (auto &key : runtime.keys) {
		if (key.field == field)
			return;
		if (key.field)
			continue;
		lua_pushstring(L, field);
		const void *string = lunatik_stringkey(L);
		lua_rawsetp(L, LUA_REGISTRYINDEX, field);
		if (string)
			key = { field, string };
		return;
	}
}

// The long way: everything is looked up, anything may be pushed.
static int run_callback(lua_State *L)
{
	// SAFETY: lunatik_runcallback() passes its callback.
	auto &callback = *static_cast<lunatik_callback *>(lua_touserdata(L, 1));
	// Stopped meanwhile: the object is not pinned any more.
	callback.outcome = -ENXIO;
	if (lua_rawgetp(L, LUA_REGISTRYINDEX, callback.object) != LUA_TUSERDATA)
		return 0;
	int type = lua_getiuservalue(L, -1, 1);
	int arguments = callback.argument_count;
	if (callback.field) {
		if (type != LUA_TTABLE)
			return 0;
		learn(L, runtime_of(L), callback.field);
		callback.outcome = -ENOENT;
		if (lua_getfield(L, -1, callback.field) == LUA_TNIL)
			return 0;
		lua_insert(L, -2);
		arguments++;
	}
	// Memory of the task's that was there would have been taken the short way.
	callback.outcome = -EFAULT;
	for (int i = 0; i < callback.argument_count; i++) {
		if (callback.arguments[i].kind == LUNATIK_USER)
			return 0;
		push_value(L, callback.arguments[i]);
	}
	callback.outcome = 0;
	lua_call(L, arguments, callback.result_count);
	return callback.result_count;
}

// Pushes an argument of a kept function's, whose object is at `box`. Raises only for strings and objects.
static void push_argument(lua_State *L, int box, const lunatik_value &value)
{
	if (value.kind == LUNATIK_KEPT)
		lua_getiuservalue(L, box, first_kept + static_cast<int>(value.integer));
	else if (value.kind == LUNATIK_SELF)
		lua_pushvalue(L, box);
	else
		push_value(L, value);
}

// The same for the function at user value number `kept`, which is on the stack above the callback.
static int run_kept(lua_State *L)
{
	// SAFETY: lunatik_runkept() passes its callback.
	auto &callback = *static_cast<lunatik_callback *>(lua_touserdata(L, 1));
	int kept = static_cast<int>(lua_tointegerx(L, 2, nullptr));
	callback.outcome = -ENXIO;
	if (lua_rawgetp(L, LUA_REGISTRYINDEX, callback.object) != LUA_TUSERDATA)
		return 0;
	int box = lua_gettop(L);
	callback.outcome = -ENOENT;
	if (lua_getiuservalue(L, box, first_kept + kept) != LUA_TFUNCTION)
		return 0;
	callback.outcome = 0;
	for (int i = 0; i < callback.argument_count; i++)
		push_argument(L, box, callback.arguments[i]);
	lua_call(L, callback.argument_count, callback.result_count);
	return callback.result_count;
}

int callback_error(Runtime &runtime, lua_State *L, int status) noexcept
{
	Report report;
	runtime.errors.count();
	fill_report(L, status, report);
	int ended = runtime.ended();
	if (ended & Closing)
		return -ENXIO;
	runtime.log(report.text(), true);
	return ended & Interrupt ? -EINTR : -ECANCELED;
}

// Where the short way (lunatik_callkept(), lunatik_callfield()) came to `status`: the long way is taken if it does not know what to do.
[[gnu::noinline, gnu::cold]] static int finish_callback(Runtime &runtime, lunatik_callback &callback, int status,
							 lua_CFunction long_way, unsigned kept) noexcept
{
	lua_State *L = runtime.state;
	callback.outcome = 0;
	if (status < 0) {
		int handler = lua_gettop(L) + 1;
		lua_pushcfunction(L, traceback);
		lua_pushcfunction(L, long_way);
		lua_pushlightuserdata(L, &callback);
		lua_pushinteger(L, kept);
		status = lua_pcall(L, 2, callback.result_count, handler);
		if (status == LUA_OK && !callback.outcome)
			lunatik_readresults(L, callback.results, callback.result_count);
	}
	return status == LUA_OK ? callback.outcome : callback_error(runtime, L, status);
}

static int grow(lua_State *L)
{
	luaL_checkstack(L, 2 * LUA_MINSTACK + UCHAR_MAX, nullptr);
	return 0;
}

// Makes the room that a function of any size wants, and that the collector may have taken back: the long way needs more of the C stack,
// of which there is little below a packet, and a hook is to have the same each time. False if there is no memory for it.
[[gnu::cold, gnu::noinline]] static bool make_room(lua_State *L) noexcept
{
	// No finalizer runs here, which might stop the hook: lua_checkstack() collects only where memory is missing, and runs none then.
	if (protect(L, grow, nullptr) == LUA_OK)
		return true;
	lua_settop(L, -2);
	return false;
}

[[gnu::cold]] int settle_callback(Runtime &runtime, lunatik_callback &callback, int status) noexcept
{
	// For this one, if its bytes are a task's, and for the next: the long way may find enough for itself where the short one does not.
	if (status == LUNATIK_PACKET_ROOM && make_room(runtime.state))
		status = runtime.call_callback(callback);
	if (!status)
		return 0;
	return finish_callback(runtime, callback, status, run_callback, 0);
}

[[gnu::cold]] int settle_kept(Runtime &runtime, lunatik_callback &callback, unsigned kept, int status) noexcept
{
	if (status == LUNATIK_PACKET_ROOM && make_room(runtime.state))
		status = call_kept(runtime, callback, kept);
	return status ? finish_callback(runtime, callback, status, run_kept, kept) : 0;
}

// The same for lunatik_callpacket(), and, with a string, for lunatik_callpacketwith().
[[gnu::cold, gnu::noinline]] static int finish_packet(Runtime &runtime, Object &hook, unsigned function, unsigned argument,
						       unsigned more, const void *string, lunatik_value &result, int status) noexcept
{
	if (status == LUNATIK_PACKET_OTHER || status == LUNATIK_PACKET_OTHER + LUNATIK_PACKET_GARBAGE)
		return -EPROTO;
	if (status > 0)
		return callback_error(runtime, runtime.state, status);
	__attribute__((uninitialized)) lunatik_callback callback;
	callback.object = &hook;
	for (unsigned i = 0; i <= more; i++) {
		callback.arguments[i].kind = LUNATIK_KEPT;
		callback.arguments[i].integer = argument + i;
	}
	callback.argument_count = static_cast<unsigned char>(1 + more);
	callback.result_count = 1;
	if (string) {
		unsigned long size;
		const char *bytes = lunatik_stringbytes(string, &size);
		// SAFETY: they are only read.
		callback.arguments[callback.argument_count++] = { .kind = LUNATIK_STRING, .bytes = { const_cast<char *>(bytes), size } };
	}
	if (int failed = call_kept(runtime, callback, function)) {
		if (int error = settle_kept(runtime, callback, function, failed))
			return error;
	}
	result = callback.results[0];
	return 0;
}

/* ---- strings that packets' functions are called with ---- */

struct StringToKeep {
	const void *key;
	const char *data;
	unsigned long size;
	const void *string;
};

static int keep_string(lua_State *L)
{
	// SAFETY: lunatik_keepstring() passes it.
	auto &wanted = *static_cast<StringToKeep *>(lua_touserdata(L, 1));
	lua_pushlstring(L, wanted.data, wanted.size);
	wanted.string = lunatik_string(L);
	lua_rawsetp(L, LUA_REGISTRYINDEX, wanted.key);
	return 0;
}

} // namespace lunatik::edge

using namespace lunatik;

int lunatik_invoke(lua_State *L, const lunatik_function *function)
{
	return edge::invoke(L, *function);
}

constinit const void *const lunatik_mark = &edge::Box::the_mark;

int lunatik_invokeleaf(lua_State *L, const lunatik_function *function)
{
	return lunatik_callleaf(L, function) ? function->leaf_results : edge::invoke(L, *function);
}

// Calls a hook's function. Of many calls few are timed, which stand for the others.
template <class Call>
[[gnu::always_inline]] static inline int timed(Runtime &runtime, Object &hook, Call call) noexcept
{
	std::uint64_t began = runtime.took_turn() ? runtime.time_call() : 0;
	int error = call();
	if (began) [[unlikely]]
		runtime.charge_call(hook, began);
	return error;
}

lunatik_said edge::settle_packet(Runtime &runtime, Object &hook, lunatik_asked &asked, unsigned more, long status) noexcept
{
	if (status == LUNATIK_PACKET_ROOM && make_room(runtime.state)) {
		lunatik_said said = lunatik_callpacket(runtime.state, hook.pinned, &asked, more, traceback);
		if (said.error == LUA_OK || said.error == LUNATIK_PACKET_GARBAGE)
			return { LUNATIK_PACKET_GARBAGE, said.value };
		status = said.error;
	}
	__attribute__((uninitialized)) lunatik_value said;
	if (int error = finish_packet(runtime, hook, static_cast<unsigned>(asked.function / LUNATIK_KEPT_SIZE),
				      static_cast<unsigned>(asked.argument / LUNATIK_KEPT_SIZE), more, nullptr, said, static_cast<int>(status)))
		return { error, 0 };
	if (said.kind != LUNATIK_INTEGER)
		return { -EPROTO, 0 };
	return { LUNATIK_PACKET_GARBAGE, said.integer };
}

int edge::run_packet_with(Runtime &runtime, Object &hook, unsigned function, unsigned argument, const void *string,
			  lunatik_value &result) noexcept
{
	if (!hook.pinned || hook.stopped()) [[unlikely]]
		return -ENXIO;
	return timed(runtime, hook, [&] {
		auto call = [&] {
			return lunatik_callpacketwith(runtime.state, hook.pinned, first_kept - 1 + static_cast<int>(function),
						      first_kept - 1 + static_cast<int>(argument), string, traceback, &result);
		};
		int status = call();
		if (status == LUNATIK_PACKET_ROOM && make_room(runtime.state)) [[unlikely]]
			status = call();
		if (status == LUA_OK) [[likely]]
			return 0;
		return finish_packet(runtime, hook, function, argument, 1, string, result, status);
	});
}

int lunatik_keepstring(lunatik_object_t *runtime, const void *key, const char *data, unsigned long size, const void **string)
{
	lua_State *L = Runtime::of(*runtime).state;
	edge::StringToKeep wanted{ key, data, size, nullptr };
	lua_pushcfunction(L, edge::keep_string);
	lua_pushlightuserdata(L, &wanted);
	if (lua_pcall(L, 1, 0, 0) != LUA_OK) {
		lua_pop(L, 1);
		return -ENOMEM;
	}
	*string = wanted.string;
	return 0;
}

void lunatik_forgetstring(lunatik_object_t *runtime, const void *key)
{
	lua_State *L = Runtime::of(*runtime).state;
	lua_pushnil(L);
	lua_rawsetp(L, LUA_REGISTRYINDEX, key);
}

void *lunatik_bytes(lunatik_object_t *runtime, unsigned long size)
{
	Runtime &self = Runtime::of(*runtime);
	return allocate_charged(&self.account, size, !self.may_sleep() || !lunatik_h_preemptible_sleep());
}

void *lunatik_charge(lunatik_object_t *runtime, unsigned long size)
{
	Runtime &self = Runtime::of(*runtime);
	return charge_only(&self.account, size, !self.may_sleep() || !lunatik_h_preemptible_sleep());
}

void lunatik_freebytes(void *bytes)
{
	free_charged(bytes);
}

int lunatik_openlibrary(lua_State *L, const lunatik_library *library)
{
	if (const char *why = library->refusal ? library->refusal() : nullptr)
		return luaL_error(L, "%s", why);
	for (auto *info = library->classes; info && *info; info++)
		edge::register_class(L, **info, (*info)->owner, nullptr);
	lua_newtable(L);
	for (const luaL_Reg *function = library->functions; function && function->name; function++) {
		lua_pushcfunction(L, function->func);
		lua_setfield(L, -2, function->name);
	}
	// 3.0 spells methods as functions too: device.stop(dev) is dev:stop().
	for (auto *info = library->classes; info && *info; info++) {
		for (const luaL_Reg *method = (*info)->methods; method && method->name; method++) {
			if (method->name[0] == '_' || lua_getfield(L, -1, method->name) != LUA_TNIL) {
				if (method->name[0] != '_')
					lua_pop(L, 1);
				continue;
			}
			lua_pop(L, 1);
			lua_pushcfunction(L, method->func);
			lua_setfield(L, -2, method->name);
		}
	}
	for (const lunatik_constants *set = library->constants; set && set->name; set++) {
		lua_newtable(L);
		for (const lunatik_constant *constant = set->values; constant->name; constant++) {
			lua_pushinteger(L, constant->value);
			lua_setfield(L, -2, constant->name);
		}
		lua_setfield(L, -2, set->name);
	}
	return 1;
}
