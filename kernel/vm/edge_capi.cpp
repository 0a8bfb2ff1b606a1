// SPDX-License-Identifier: MIT OR GPL-2.0-only
/*
 * The C API's functions (include/lunatik.h). Those that take a lua_State may raise, as their callers may: nothing with a
 * destructor is alive here where they do.
 */
#include "lunatik.h"
#include "vm/box.hpp"
#include "vm/edge.hpp"

#include <cstddef>

#include <asm-generic/errno.h>

#include "capi.h"
#include "helpers/helpers.h"
#include "runtime/registry.hpp"

using namespace lunatik;
using edge::Box;
using edge::box_at;
using edge::runtime_of;

extern "C" {
// lua/protect.c, which knows the first part of the structure by its layout.
void lunatik_protect_enter(lunatik_protect *protect, lua_State *L);
int lunatik_protect_leave(lunatik_protect *protect);
}
static_assert(offsetof(lunatik_protect, jump) == sizeof(void *) &&
	      offsetof(lunatik_protect, L) == sizeof(void *) + sizeof(lunatik_protect::jump) + sizeof(long) &&
	      offsetof(lunatik_protect, hooks) == offsetof(lunatik_protect, L) + 4 * sizeof(long) + sizeof(int));

/* ---- runtimes ---- */

static int load_script(lunatik_object_t **pruntime, const char *script, Context context) noexcept
{
	Report report;
	struct net *network = lunatik_h_init_net();
	auto loaded = load({ .name = script, .context = context, .network = network, .foreign = true }, report);
	lunatik_h_put_net(network);
	if (!loaded) {
		lunatik_h_error(report.message ? report.message : "cannot be loaded", report.message ? report.message_size : 16,
				script);
		return loaded.error() == Error(ENOMEM) ? -ENOMEM : -EINVAL;
	}
	// load() gives a handle. C code has references only, so the reference of that handle becomes the caller's.
	(*loaded)->forget_handle();
	*pruntime = *loaded;
	return 0;
}

int lunatik_runtimeopt(lunatik_object_t **pruntime, const char *script, lunatik_opt_t opt)
{
	return load_script(pruntime, script, context_of(opt));
}

int lunatik_runtime(lunatik_object_t **pruntime, const char *script, bool sleep)
{
	return load_script(pruntime, script, sleep ? Context::Process : Context::Softirq);
}

int lunatik_stop(lunatik_object_t *runtime)
{
	auto &object = Object::of(*runtime);
	if (Runtime::of(*runtime).inside())
		return -EDEADLK;
	object.stop();
	return object.put();
}

bool lunatik_isready(lua_State *L)
{
	return runtime_of(L).ready();
}

lunatik_object_t *lunatik_checkruntime(lua_State *L, lunatik_opt_t opt)
{
	Runtime &runtime = runtime_of(L);
	if (runtime.context != context_of(opt))
		luaL_error(L, "runtime context mismatch: a %s runtime is needed, this one is %s", name_of(context_of(opt)),
			   name_of(runtime.context));
	return &runtime.object;
}

lunatik_State *lunatik_getenv(lua_State *L)
{
	return &runtime_of(L).account;
}

/* ---- entries ---- */

static int enter(Runtime &runtime, bool lock) noexcept
{
	if (lock)
		return lunatik_h_may_enter(static_cast<int>(runtime.context)) ? runtime.enter(0) : -EWOULDBLOCK;
	if (!runtime.state || !runtime.inside())
		return -ENXIO;
	// The frame it is called from, of a function of the script's, may have used up its slots.
	return lua_checkstack(runtime.state, LUA_MINSTACK) ? 0 : -ENOMEM;
}

lua_State *lunatik_protect_begin(lunatik_protect *protect, lunatik_object_t *runtime, bool lock, int *error)
{
	Runtime &self = Runtime::of(*runtime);
	*error = enter(self, lock);
	if (*error)
		return nullptr;
	protect->runtime = runtime;
	protect->slots = lua_gettop(self.state);
	protect->locked = lock;
	lunatik_protect_enter(protect, self.state);
	return self.state;
}

int lunatik_protect_end(lunatik_protect *protect)
{
	Runtime &runtime = Runtime::of(*protect->runtime);
	int error = 0;
	if (int status = lunatik_protect_leave(protect); status != LUA_OK)
		error = edge::callback_error(runtime, protect->L, status);
	lua_settop(protect->L, protect->slots);
	if (protect->locked)
		runtime.leave();
	return error;
}

static int run_global(lua_State *L)
{
	// SAFETY: lunatik_runglobal() passes its callback.
	auto &callback = *static_cast<lunatik_callback *>(lua_touserdata(L, 1));
	callback.outcome = lua_getglobal(L, callback.field) == LUA_TNIL ? -ENOENT : 0;
	if (callback.outcome)
		return 0;
	for (int i = 0; i < callback.argument_count; i++)
		edge::push_value(L, callback.arguments[i]);
	lua_call(L, callback.argument_count, callback.result_count);
	return callback.result_count;
}

int lunatik_runglobal(lunatik_object_t *runtime, lunatik_callback *callback)
{
	Runtime &self = Runtime::of(*runtime);
	lua_State *L = self.state;
	int handler = lua_gettop(L) + 1;
	lua_pushcfunction(L, edge::traceback);
	lua_pushcfunction(L, run_global);
	lua_pushlightuserdata(L, callback);
	int status = lua_pcall(L, 1, callback->result_count, handler);
	if (status != LUA_OK)
		return edge::callback_error(self, L, status);
	if (callback->outcome)
		return callback->outcome;
	lunatik_readresults(L, callback->results, callback->result_count);
	return 0;
}

/* ---- objects ---- */

// An object's lock must be one that the runtime's context may take.
static void check_context(lua_State *L, const lunatik_class_t &info, lunatik_opt_t opt)
{
	Runtime &runtime = runtime_of(L);
	if (runtime.context > context_of(opt))
		luaL_error(L, "class '%s' needs a %s runtime, this one is %s", info.name, name_of(context_of(opt)),
			   name_of(runtime.context));
}

static bool is_registered(lua_State *L, const lunatik_class_t &info)
{
	bool registered = lua_rawgetp(L, LUA_REGISTRYINDEX, &info) == LUA_TTABLE;
	lua_pop(L, 1);
	return registered;
}

// Only its library knows which other classes a method accepts, and only require(), or what this does instead of it, keeps
// the module that the methods are in.
static void open_library(lua_State *L, const lunatik_class_t &info)
{
	char symbol[80] = "luaopen_";
	std::size_t length = sizeof("luaopen_") - 1;
	for (const char *c = info.name; *c && length < sizeof(symbol) - 1; c++)
		symbol[length++] = *c == '.' ? '_' : *c;
	void *open = lunatik_h_symbol_get(symbol);
	if (!open) {
		luaL_error(L, "class '%s' has no library: %s is not exported", info.name, symbol);
		return;
	}
	if (int error = runtime_of(L).pin(symbol))
		edge::raise(L, error);
	// SAFETY: by convention the symbol luaopen_<name> of a module is a lua_CFunction.
	lua_pushcfunction(L, reinterpret_cast<lua_CFunction>(open));
	lua_call(L, 0, 0);
	if (!is_registered(L, info))
		luaL_error(L, "the library '%s' has no class of that name", info.name);
}

static void check_class(lua_State *L, const lunatik_class_t &info, lunatik_opt_t opt)
{
	luaL_checkstack(L, LUA_MINSTACK, nullptr);
	check_context(L, info, opt);
	if (!(info.opt & LUNATIK_OPT_NATIVE) && !is_registered(L, info))
		open_library(L, info);
}

lunatik_object_t *lunatik_newobject(lua_State *L, const lunatik_class_t *info, size_t size, lunatik_opt_t opt)
{
	Runtime &runtime = runtime_of(L);
	check_class(L, *info, opt | info->opt);
	Box *box = edge::push_box(L, *info, 1);
	Object *object = Object::create(*info, size, opt, { .payer = &runtime.account,
							    .atomic = !runtime.may_sleep(),
							    .owner = edge::owner_of(L, *info) });
	if (!object)
		edge::raise(L, ENOMEM);
	object->hold();
	object->put();
	box->object = object;
	return object;
}

lunatik_object_t *lunatik_createobject(const lunatik_class_t *info, size_t size, lunatik_opt_t opt)
{
	return Object::create(*info, size, opt, { .atomic = !lunatik_h_preemptible_sleep() });
}

void lunatik_cloneobject(lua_State *L, lunatik_object_t *object)
{
	if (object->opt & LUNATIK_OPT_SINGLE)
		luaL_error(L, "this object cannot leave its runtime");
	check_class(L, *object->class_, object->opt);
	edge::clone_object(L, Object::of(*object));
}

lunatik_object_t *lunatik_toobject(lua_State *L, int i)
{
	Box *box = box_at(L, i);
	return box ? box->object : nullptr;
}

lunatik_object_t *lunatik_checkobject(lua_State *L, int i)
{
	Box *box = box_at(L, i);
	if (!box)
		luaL_typeerror(L, i, "object");
	else if (!box->object)
		edge::raise(L, EBADF);
	return box->object;
}

// What a function of a library may be given, from the upvalues that register_class() and lunatik_newlib() gave it: a method's
// receiver must be of the class whose method it is, any other argument of one of the library's classes.
static const char *wrong_class(lua_State *L, int i, const lunatik_object_t &object)
{
	// SAFETY (both): light userdata of those types, or none, which is nullptr.
	auto *own = static_cast<const lunatik_class_t *>(lua_touserdata(L, lua_upvalueindex(2)));
	auto *classes = static_cast<const lunatik_class_t *const *>(lua_touserdata(L, lua_upvalueindex(1)));
	if (i == 1 && own)
		return object.class_ == own ? nullptr : own->name;
	if (!classes)
		luaL_error(L, "which class this function takes is not known: its library has none (lunatik_checkclass() names one)");
	for (auto *info = classes; *info; info++) {
		if (*info == object.class_)
			return nullptr;
	}
	return (*classes)->name;
}

void *lunatik_checkprivate(lua_State *L, int i, bool open)
{
	lunatik_object_t *object = lunatik_checkobject(L, i);
	if (const char *expected = wrong_class(L, i, *object))
		luaL_typeerror(L, i, expected);
	if (open && (!object->private_ || Object::of(*object).stopped()))
		edge::raise(L, EBADF);
	return object->private_;
}

void *lunatik_checkclass(lua_State *L, int i, const lunatik_class_t *info)
{
	lunatik_object_t *object = lunatik_checkobject(L, i);
	if (object->class_ != info)
		luaL_typeerror(L, i, info->name);
	if (!object->private_ || Object::of(*object).stopped())
		edge::raise(L, EBADF);
	return object->private_;
}

int lunatik_closeobject(lua_State *L)
{
	lunatik_checkprivate(L, 1, false);
	Object *object = box_at(L, 1)->object;
	if (object->class_->stop && !lunatik_h_preemptible_sleep())
		return luaL_error(L, "closing this object may sleep and cannot be done in a %s runtime",
				  name_of(runtime_of(L).context));
	object->stop();
	return 0;
}

/* ---- the registry pattern ---- */

void lunatik_registerobject(lua_State *L, int ix, lunatik_object_t *object)
{
	ix = lua_absindex(L, ix);
	luaL_checkstack(L, 5, nullptr);
	// Mostly the value is on top, where a constructor has it; any other handle keeps the object as well.
	if (lunatik_toobject(L, -1) == object)
		lua_pushvalue(L, -1);
	else
		edge::push_object(L, Object::of(*object));
	lua_rawsetp(L, LUA_REGISTRYINDEX, object);
	if (!object->private_)
		return;
	lua_pushvalue(L, ix);
	lua_rawsetp(L, LUA_REGISTRYINDEX, object->private_);
}

void lunatik_unregisterobject(lua_State *L, lunatik_object_t *object)
{
	if (object->private_) {
		lua_pushnil(L);
		lua_rawsetp(L, LUA_REGISTRYINDEX, object->private_);
	}
	lua_pushnil(L);
	lua_rawsetp(L, LUA_REGISTRYINDEX, object);
}

static int unregister(lua_State *L)
{
	// SAFETY: lunatik_detachobject() passes its object.
	lunatik_unregisterobject(L, static_cast<lunatik_object_t *>(lua_touserdata(L, 1)));
	return 0;
}

void lunatik_detachobject(lunatik_object_t *runtime, lunatik_object_t *object)
{
	Runtime &self = Runtime::of(*runtime);
	if (!object)
		return;
	bool inside = self.inside();
	if (!inside && self.enter(LUNATIK_ENTER_UNINTERRUPTIBLE))
		return;
	if (self.state)
		edge::protect(self.state, unregister, object);
	if (!inside)
		self.leave();
}

/* ---- errors and arguments ---- */

void lunatik_throw(lua_State *L, int ret)
{
	edge::raise(L, ret);
}

static lua_Integer take_field(lua_State *L, const char *name)
{
	int is_integer = 0;
	lua_Integer value = lua_tointegerx(L, -1, &is_integer);
	if (!is_integer)
		luaL_error(L, "bad field '%s' (number expected, got %s)", name, luaL_typename(L, -1));
	lua_pop(L, 1);
	return value;
}

lua_Integer lunatik_checkfield(lua_State *L, int idx, const char *name)
{
	lua_getfield(L, idx, name);
	return take_field(L, name);
}

lua_Integer lunatik_optfield(lua_State *L, int idx, const char *name, lua_Integer otherwise)
{
	if (lua_getfield(L, idx, name) != LUA_TNIL)
		return take_field(L, name);
	lua_pop(L, 1);
	return otherwise;
}

void lunatik_copyfield(lua_State *L, int idx, const char *name, char *to, size_t size)
{
	if (lua_getfield(L, idx, name) != LUA_TSTRING)
		luaL_error(L, "bad field '%s' (string expected, got %s)", name, luaL_typename(L, -1));
	size_t length = 0;
	const char *text = lua_tolstring(L, -1, &length);
	if (!size)
		return;
	length = length < size ? length : size - 1;
	__builtin_memcpy(to, text, length);
	to[length] = 0;
	lua_pop(L, 1);
}

void lunatik_fitfield(lua_State *L, const char *name, bool fits)
{
	if (!fits)
		luaL_error(L, "bad field '%s' (out of range)", name);
}

/* ---- libraries ---- */

// A class' stop may sleep and may take the object's lock itself, so closing is the one method that MONITOR does not wrap.
static void register_closing(lua_State *L, const lunatik_class_t &info, const lunatik_class_t *const *classes)
{
	for (const luaL_Reg *method = info.methods; method && method->name; method++) {
		if (method->func != lunatik_closeobject)
			continue;
		lua_rawgetp(L, LUA_REGISTRYINDEX, &info);
		// SAFETY (both): as in register_class(), they are the module's.
		lua_pushlightuserdata(L, const_cast<lunatik_class_t **>(classes));
		lua_pushlightuserdata(L, const_cast<lunatik_class_t *>(&info));
		lua_pushcclosure(L, lunatik_closeobject, 2);
		lua_setfield(L, -2, method->name);
		lua_pop(L, 1);
	}
}

int lunatik_newlib(lua_State *L, const luaL_Reg *functions, const lunatik_class_t *const *classes, struct module *owner)
{
	for (auto *info = classes; info && *info; info++) {
		edge::register_class(L, **info, (*info)->owner ? (*info)->owner : owner, classes);
		register_closing(L, **info, classes);
	}
	lua_newtable(L);
	for (const luaL_Reg *function = functions; function && function->name; function++) {
		// SAFETY: the array is the module's, which is pinned while its functions are in the state.
		lua_pushlightuserdata(L, const_cast<lunatik_class_t **>(classes));
		lua_pushcclosure(L, function->func, 1);
		lua_setfield(L, -2, function->name);
	}
	return 1;
}
