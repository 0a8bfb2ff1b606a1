// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "object/object.hpp"

#include <cstdint>
#include <new>
#include <utility>
#include <asm-generic/errno.h>

#include "helpers/helpers.h"
#include "parameters.h"
#include "vm/charge.hpp"

namespace lunatik {

static constinit Atomic<long> alive_objects{ 0 };
constinit Object::OrphanLeft Object::orphan_left = nullptr;

const char *name_of(Context context) noexcept
{
	switch (context) {
	case Context::Softirq:
		return "softirq";
	case Context::Hardirq:
		return "hardirq";
	default:
		return "process";
	}
}

long Object::alive() noexcept
{
	return alive_objects.load();
}

// Those of a namespace that goes are waited for, without the memory of anything of it, and without others'.
static constexpr std::size_t unsettled_slots = 256;
static constinit Atomic<int> unsettled_counts[unsettled_slots];

static Atomic<int> &unsettled_of(const struct net *network) noexcept
{
	// SAFETY: an address, as a number. Namespaces are a few KiB large.
	auto number = reinterpret_cast<std::uintptr_t>(network) >> 6;
	return unsettled_counts[(number ^ number >> 8) % unsettled_slots];
}

bool Object::unsettled(const struct net *network) noexcept
{
	return unsettled_of(network).load_acquire();
}

void Object::unsettle(const struct net *network) noexcept
{
	unsettled_of(network).fetch_add(1);
}

void Object::settle(const struct net *network) noexcept
{
	unsettled_of(network).fetch_sub(1);
}

// The class' storage follows the object, aligned for anything.
static constexpr std::size_t storage_offset = (sizeof(Object) + 15) & ~std::size_t{ 15 };

Object *Object::create(const lunatik_class_t &info, std::size_t size, lunatik_opt_t opt, const Terms &terms) noexcept
{
	struct module *owner = info.owner ? info.owner : terms.owner;
	if (size > ~std::size_t{ 0 } - storage_offset)
		return nullptr;
	if (owner && !lunatik_h_try_module_get(owner))
		return nullptr;
	void *memory = allocate_zeroed(terms.payer, storage_offset + size, terms.atomic);
	if (!memory) {
		if (owner)
			lunatik_h_module_put(owner);
		return nullptr;
	}
	auto *object = ::new (memory) Object;
	object->class_ = &info;
	object->owner_ = owner;
	object->network = terms.payer ? terms.payer->instance.net : nullptr;
	object->opt = opt | info.opt;
	// SAFETY: the allocation has `size` bytes behind the object.
	object->private_ = size && !(info.opt & LUNATIK_OPT_EXTERNAL) ? static_cast<char *>(memory) + storage_offset : nullptr;
	// A class made here is constructed when its constructor says so; one in C is from the start.
	object->constructed_ = !(info.opt & LUNATIK_OPT_NATIVE);
	lunatik_h_refcount_set(&object->references, 1);
	lunatik_h_lock_init(object->lock(), static_cast<int>(object->context()));
	alive_objects.fetch_add(1);
	return object;
}

void Object::free() noexcept
{
	const lunatik_class_t *info = class_;
	void *data = private_;
	struct module *owner = owner_;
	if (constructed_ && info->release && (data || info->opt & LUNATIK_OPT_EXTERNAL))
		info->release(data);
	part();
	lunatik_h_lock_destroy(lock(), static_cast<int>(context()));
	alive_objects.fetch_add(-1);
	free_charged(this);
	if (owner)
		lunatik_h_module_put(owner);
}

// Objects may hold objects that hold objects: releasing one inside the other is bounded by the stack that is left.
static bool may_release_here() noexcept
{
	lunatik_h_place place;
	lunatik_h_here(&place);
	return place.may_sleep && place.stack_left > lunatik_stack;
}

bool Object::put(bool here) noexcept
{
	if (!lunatik_h_refcount_dec_and_test(&references))
		return false;
	if (here && may_release_here()) {
		free();
		return true;
	}
	defer([](void **node) {
		// SAFETY: the node is the first member of an object's deferred_.
		Object *object = reinterpret_cast<Deferred *>(node)->object;
		const struct net *network = object->network;
		Ending ending(object->deferred_.since);
		object->free();
		settle(network);
	});
	return true;
}

void Object::hold() noexcept
{
	if (static_cast<unsigned int>(counts_.fetch_add(1)) == 0)
		get();
}

void Object::drop(bool here) noexcept
{
	// Once the handle is gone the object may be, too.
	bool is_orphan = orphan.load();
	if (static_cast<unsigned int>(counts_.fetch_sub(1)) != 1) {
		if (is_orphan)
			orphan_left();
		return;
	}
	if (!class_->stop || !constructed_ || stop_begun_.load()) {
		put(here);
	} else if (here && may_release_here()) {
		stop();
		put();
	} else if (stopping_later_.exchange(true)) {
		// It waits for the worker already, with a reference of its own.
		put();
	} else {
		defer(stop_deferred);
	}
}

void Object::stop() noexcept
{
	refuse();
	if (stop_begun_.exchange(true) || !class_->stop || !constructed_)
		return;
	unsettle(network);
	class_->stop(private_);
	// A script that stops its hook on one CPU means the hook. The first one's peers refer to this one: a circle ends here.
	if (Object *whole = std::exchange(first, nullptr)) {
		whole->stop_later();
		whole->put();
	}
	settle(network);
}

// Lets go of the hooks of other CPUs.
void Object::part() noexcept
{
	if (first)
		first->put();
	for (unsigned cpu = 0; peers && cpu < lunatik_h_cpus(); cpu++) {
		if (peers[cpu] && peers[cpu] != this)
			peers[cpu]->put();
	}
	lunatik_h_kvfree(peers);
}

void Object::stop_later() noexcept
{
	if (refuse() || !class_->stop || stopping_later_.exchange(true))
		return;
	get();
	defer(stop_deferred);
}

// Leaves it to the worker, as a part of what the caller ends.
void Object::defer(void (*what)(void **node)) noexcept
{
	unsettle(network);
	deferred_.since = lunatik_h_preemptible_sleep() ? Ending::since() : 0;
	lunatik_h_defer(deferred_.node, what);
}

// Stops an object and drops the reference that waited for it.
void Object::stop_deferred(void **node) noexcept
{
	// SAFETY: the node is the first member of an object's deferred_.
	Object *object = reinterpret_cast<Deferred *>(node)->object;
	const struct net *network = object->network;
	Ending ending(object->deferred_.since);
	object->stop();
	object->put();
	settle(network);
}

/* ---- what ends together ---- */

static constinit IrqSpinlock endings_lock;
static constinit List<Ending> endings;

Ending::Ending(std::uint64_t since) noexcept : task_(lunatik_h_current()), since_(since)
{
	if (!since)
		return;
	IrqGuard guard(endings_lock);
	endings.push_back(*this);
}

Ending::~Ending()
{
	if (!since_)
		return;
	IrqGuard guard(endings_lock);
	endings.remove(*this);
}

std::uint64_t Ending::since() noexcept
{
	std::uint64_t oldest = 0;
	IrqGuard guard(endings_lock);
	for (Ending *ending = endings.first(); ending; ending = endings.next(*ending)) {
		if (ending->task_ == lunatik_h_current() && (!oldest || ending->since_ < oldest))
			oldest = ending->since_;
	}
	return oldest;
}

Result<void> objects_init() noexcept
{
	endings_lock.init(LUNATIK_H_ENDINGS);
	return Result<void>::from(lunatik_h_defer_init());
}

void objects_exit() noexcept
{
	lunatik_h_defer_exit();
	lunatik_h_print_exit();
	if (long left = Object::alive())
		lunatik_h_objects_left(left);
}

} // namespace lunatik

using lunatik::Object;

void lunatik_getobject(lunatik_object_t *object)
{
	Object::of(*object).get();
}

int lunatik_putobject(lunatik_object_t *object)
{
	return Object::of(*object).put();
}

void lunatik_holdobject(lunatik_object_t *object)
{
	Object::of(*object).hold();
}

void lunatik_dropobject(lunatik_object_t *object)
{
	Object::of(*object).drop();
}

void lunatik_stoplater(lunatik_object_t *object)
{
	Object::of(*object).stop_later();
}

void lunatik_lock(lunatik_object_t *object, unsigned long *flags)
{
	auto &self = Object::of(*object);
	lunatik_h_lock(self.lock(), static_cast<int>(self.context()), 1, 0, flags);
}

void lunatik_unlock(lunatik_object_t *object, unsigned long flags)
{
	auto &self = Object::of(*object);
	lunatik_h_unlock(self.lock(), static_cast<int>(self.context()), flags);
}
