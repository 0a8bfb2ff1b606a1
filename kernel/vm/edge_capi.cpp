// SPDX-License-Identifier: MIT OR GPL-2.0-only
/*
 * The C API's functions (include/lunatik.h). Those that take a lua_State may raise, as their callers may: nothing with a
 * destructor is alive here where they do.
 */
#include "lunatik.h"
#include "vm/box.hpp"
#include "vm/edge.hpp"

#include <asm-generic/errno.h>

#include "helpers/helpers.h"
#include "runtime/registry.hpp"

using namespace lunatik;
using edge::Box;
using edge::box_at;
using edge::runtime_of;

extern "C" {
// lua/protect.c
void lunatik_protect_enter(lunatik_protect *protect, lua_State *L);
int lunatik_protect_catch(lunatik_protect *protect);
void lunatik_protect_leave(lunatik_protect *protect);
}

/* ---- runtimes ---- */

static int load_script(lunatik_object_t **pruntime, const char *script, Context context) noexcept
{
	Report report;
	struct net *network = lunatik_h_init_net();
	auto loaded = load({ .name = script, .context = context, .network = network }, report);
	lunatik_h_put_net(network);
	if (!loaded) {
		lunatik_h_error(report.message ? report.message : "cannot be loaded", report.message ? report.message_size : 16,
				script);
		return loaded.error() == Error(ENOMEM) ? -ENOMEM : -EINVAL;
	}
	// The caller's reference; the handle stays with it until lunatik_stop() or the last reference.
	(*loaded)->get();
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
	object.stop();
	object.drop();
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

lua_State *lunatik_protect_begin(lunatik_protect *protect, lunatik_object_t *runtime, bool lock, int *error)
{
	Runtime &self = Runtime::of(*runtime);
	if (lock) {
		*error = self.enter(0);
		if (*error)
			return nullptr;
	} else if (!self.state || !self.inside()) {
		*error = -ENXIO;
		return nullptr;
	}
	protect->runtime = runtime;
	protect->slots = lua_gettop(self.state);
	protect->locked = lock;
	lunatik_protect_enter(protect, self.state);
	return self.state;
}

int lunatik_protect_failed(lunatik_protect *protect)
{
	int status = lunatik_protect_catch(protect);
	return edge::callback_error(Runtime::of(*protect->runtime), protect->L, status);
}

void lunatik_protect_end(lunatik_protect *protect)
{
	Runtime &runtime = Runtime::of(*protect->runtime);
	if (protect->status == LUA_OK)
		lunatik_protect_leave(protect);
	lua_settop(protect->L, protect->slots);
	if (protect->locked)
		runtime.leave();
}

/* ---- objects ---- */

static bool fits(Runtime &runtime, lunatik_opt_t opt) noexcept
{
	return runtime.context <= context_of(opt);
}

lunatik_object_t *lunatik_newobject(lua_State *L, const lunatik_class_t *info, size_t size, lunatik_opt_t opt)
{
	Runtime &runtime = runtime_of(L);
	lunatik_opt_t all = opt | info->opt;
	if (!fits(runtime, all))
		luaL_error(L, "class '%s' needs a %s runtime, this one is %s", info->name, name_of(context_of(all)),
			   name_of(runtime.context));
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
	edge::push_object(L, Object::of(*object));
}

lunatik_object_t *lunatik_toobject(lua_State *L, int i)
{
	Box *box = box_at(L, i);
	return box ? box->object : nullptr;
}

lunatik_object_t *lunatik_checkobject(lua_State *L, int i)
{
	lunatik_object_t *object = lunatik_toobject(L, i);
	if (!object)
		luaL_typeerror(L, i, "object");
	return object;
}

void *lunatik_checkprivate(lua_State *L, int i, bool open)
{
	lunatik_object_t *object = lunatik_checkobject(L, i);
	// The function that runs carries the classes it may be given: a value of another would be taken for what it is not.
	// SAFETY: register_class() and lunatik_newlib() gave it this upvalue.
	auto *const *classes = static_cast<const lunatik_class_t *const *>(lua_touserdata(L, lua_upvalueindex(1)));
	bool known = !classes;
	for (auto *info = classes; info && *info && !known; info++)
		known = *info == object->class_;
	if (!known)
		luaL_typeerror(L, i, *classes ? (*classes)->name : "object of another library");
	if (open && (!object->private_ || Object::of(*object).stopped()))
		edge::raise(L, EBADF);
	return object->private_;
}

/* ---- the registry pattern ---- */

void lunatik_registerobject(lua_State *L, int ix, lunatik_object_t *object)
{
	lua_pushvalue(L, ix);
	lua_rawsetp(L, LUA_REGISTRYINDEX, object->private_);
	lua_pushvalue(L, ix);
	lua_rawsetp(L, LUA_REGISTRYINDEX, object);
}

void lunatik_unregisterobject(lua_State *L, lunatik_object_t *object)
{
	lua_pushnil(L);
	lua_rawsetp(L, LUA_REGISTRYINDEX, object->private_);
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

/* ---- libraries ---- */

int lunatik_newlib(lua_State *L, const luaL_Reg *functions, const lunatik_class_t *const *classes, struct module *owner)
{
	for (auto *info = classes; info && *info; info++)
		edge::register_class(L, **info, (*info)->owner ? (*info)->owner : owner, classes);
	lua_newtable(L);
	for (const luaL_Reg *function = functions; function && function->name; function++) {
		// SAFETY: the array is the module's, which is pinned while its functions are in the state.
		lua_pushlightuserdata(L, const_cast<lunatik_class_t **>(classes));
		lua_pushcclosure(L, function->func, 1);
		lua_setfield(L, -2, function->name);
	}
	return 1;
}

/* ---- memory ---- */

// What realloc must know about a block.
static constexpr size_t head = 16;

void *lunatik_malloc(lua_State *L, size_t size)
{
	if (size > ~size_t{ 0 } - head)
		return nullptr;
	// SAFETY: memory with room for the head in front.
	auto *memory = static_cast<char *>(lunatik_h_kvmalloc(size + head, !runtime_of(L).may_sleep()));
	if (!memory)
		return nullptr;
	__builtin_memcpy(memory, &size, sizeof(size));
	return memory + head;
}

void *lunatik_realloc(lua_State *L, void *ptr, size_t size)
{
	void *moved = lunatik_malloc(L, size);
	if (!moved || !ptr)
		return moved;
	size_t old = 0;
	__builtin_memcpy(&old, static_cast<char *>(ptr) - head, sizeof(old));
	__builtin_memcpy(moved, ptr, old < size ? old : size);
	lunatik_free(ptr);
	return moved;
}

void lunatik_free(void *ptr)
{
	if (ptr)
		lunatik_h_kvfree(static_cast<char *>(ptr) - head);
}
