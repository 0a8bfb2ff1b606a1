// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "runtime/states.hpp"

#include <cstdint>

#include <asm-generic/errno.h>

#include "helpers/helpers.h"
#include "lunatik/states.h"
#include "runtime/registry.hpp"
#include "vm/edge.hpp"

namespace lunatik::states {

static_assert(LUNATIK_NAME_MAXSIZE == sizeof(lunatik_State::name) && LUNATIK_NAME_MAXSIZE > 255, "a runtime's name fits");

static constexpr unsigned bucket_count = 1024;
static constinit IrqSpinlock lock;	// guards the buckets, and users
static constinit List<Runtime, InStates> buckets[bucket_count];

void init() noexcept
{
	lock.init(LUNATIK_H_STATES);
}

static List<Runtime, InStates> &bucket_of(const lunatik_state *state) noexcept
{
	// SAFETY: an address, as a number. Accounts are some hundred bytes large.
	auto number = reinterpret_cast<std::uintptr_t>(state) >> 8;
	return buckets[(number ^ number >> 10) % bucket_count];
}

// The runtime whose state that is, or nullptr. Under the lock.
static Runtime *find(const lunatik_state *state) noexcept
{
	auto &bucket = bucket_of(state);
	for (Runtime *runtime = bucket.first(); runtime; runtime = bucket.next(*runtime)) {
		if (&runtime->account == state)
			return runtime;
	}
	return nullptr;
}

void add(Runtime &runtime) noexcept
{
	auto &state = static_cast<lunatik_state &>(runtime.account);
	state.runtime = &runtime.object;
	state.instance.net = runtime.network;
	auto name = runtime.name.view();
	__builtin_memcpy(state.name, name.data(), name.size());
	IrqGuard guard(lock);
	bucket_of(&state).push_back(runtime);
}

void remove(Runtime &runtime) noexcept
{
	IrqGuard guard(lock);
	if (static_cast<Linked<Runtime, InStates> &>(runtime).linked())
		bucket_of(&runtime.account).remove(runtime);
}

Result<lunatik_state *> make(struct net *network, std::string_view name, std::size_t maxalloc, bool foreign) noexcept
{
	auto created = Runtime::create({ .name = name, .maxalloc = maxalloc, .network = network, .foreign = foreign });
	if (!created)
		return created.error();
	auto &runtime = Runtime::of(**created);
	// There is no script: it is ready at once.
	if (int error = runtime.enter_loading()) {
		runtime.object.drop();
		return Error(error);
	}
	runtime.leave_loading(true);
	lunatik_state *state = &runtime.account;
	// Once it is given away another client can close it.
	runtime.object.get();
	auto given = registry::give(runtime);
	if (given)
		runtime.announce();
	else
		runtime.object.drop();
	runtime.object.put();
	if (!given)
		return given.error();
	return state;
}

Result<Runtime *> withdraw(struct net *network, std::string_view name) noexcept
{
	Runtime *runtime = registry::lookup(network, name);
	if (!runtime)
		return Error(ENOENT);
	bool busy = false;
	{
		IrqGuard guard(lock);
		busy = runtime->account.users;
		// From here on nobody gets a reference.
		if (!busy && find(&runtime->account))
			bucket_of(&runtime->account).remove(*runtime);
	}
	// Another client may have closed it since, and even made another one of that name, whose users are none of this call's.
	Runtime *taken = busy ? nullptr : registry::withdraw(*runtime);
	runtime->object.put();
	if (busy)
		return Error(EBUSY);
	if (!taken)
		return Error(ENOENT);
	return taken;
}

} // namespace lunatik::states

/* ---- the C API ---- */

using namespace lunatik;

lunatik_State *lunatik_netnewstate(const char *name, std::size_t maxalloc, struct net *net)
{
	if (!name)
		return nullptr;
	auto made = states::make(net, name, maxalloc, true);
	return made ? *made : nullptr;
}

lunatik_State *lunatik_netstatelookup(const char *name, struct net *net)
{
	Runtime *runtime = name ? registry::lookup(net, name) : nullptr;
	if (!runtime)
		return nullptr;
	lunatik_State *state = &runtime->account;
	runtime->object.put();
	return state;
}

int lunatik_netclosestate(const char *name, struct net *net)
{
	if (!name)
		return -1;
	auto taken = states::withdraw(net, name);
	if (!taken)
		return -1;
	Runtime &runtime = **taken;
	runtime.object.stop();
	runtime.stop();
	bool closed = runtime.closed();
	runtime.object.drop();
	return closed ? 0 : -1;
}

// Calls `function` with the initial network namespace.
template <class Function>
static auto initially(Function function) noexcept
{
	struct net *network = lunatik_h_init_net();
	auto result = function(network);
	lunatik_h_put_net(network);
	return result;
}

lunatik_State *lunatik_newstate(const char *name, std::size_t maxalloc)
{
	return initially([=](struct net *network) { return lunatik_netnewstate(name, maxalloc, network); });
}

lunatik_State *lunatik_statelookup(const char *name)
{
	return initially([=](struct net *network) { return lunatik_netstatelookup(name, network); });
}

int lunatik_close(const char *name)
{
	return initially([=](struct net *network) { return lunatik_netclosestate(name, network); });
}

bool lunatik_getstate(lunatik_State *s)
{
	IrqGuard guard(states::lock);
	Runtime *runtime = states::find(s);
	if (!runtime || runtime->stopping() || !lunatik_h_refcount_inc_not_zero(&runtime->object.references))
		return false;
	runtime->account.users++;
	return true;
}

void lunatik_putstate(lunatik_State *s)
{
	lunatik_object_t *object = s->runtime;
	{
		IrqGuard guard(states::lock);
		s->users--;
	}
	Object::of(*object).put();
}
