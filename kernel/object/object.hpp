/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * Objects: what scripts and the kernel share. An object has two counts. Handles are Lua's and the tables' of other
 * objects: when the last one goes, the object's activity stops. References are everybody's: when the last one goes, its
 * memory is freed. All handles together own one reference.
 *
 * Stop and release may sleep, so where the last one is let go in an atomic context a worker does it.
 */
#pragma once

#include <cstddef>
#include <cstdint>

#include "lunatik/abi.h"
#include "base/account.hpp"
#include "base/atomic.hpp"
#include "base/list.hpp"
#include "base/result.hpp"
#include "helpers/sync.hpp"

namespace lunatik {

/// Where a lock is taken and whether an allocation may sleep; same values as enum lunatik_context.
enum class Context : unsigned char { Process, Softirq, Hardirq };

/// The name a person reads: "process", "softirq", "hardirq".
[[nodiscard]] const char *name_of(Context context) noexcept;
/// The context that options ask for.
[[nodiscard]] constexpr Context context_of(lunatik_opt_t opt) noexcept
{
	return opt & LUNATIK_OPT_HARDIRQ ? Context::Hardirq : opt & LUNATIK_OPT_SOFTIRQ ? Context::Softirq : Context::Process;
}

/// An object as the core sees it; C modules see its first part.
struct Object final : lunatik_object_s {
	/// How an object is allocated.
	struct Terms {
		Account *payer = nullptr;	// charged with its memory
		bool atomic = false;		// must not sleep
		struct module *owner = nullptr;	// pinned, if the class names none
	};

	/// An object of `size` zeroed bytes of storage, with one reference and no handle. Context: any. Returns nullptr without
	/// memory, over the payer's cap, or when the module is going away.
	[[nodiscard]] static Object *create(const lunatik_class_t &info, std::size_t size, lunatik_opt_t opt,
					    const Terms &terms) noexcept;

	/// From the part that C modules see.
	// SAFETY: every lunatik_object_s is made by create(), as part of an Object.
	[[nodiscard]] static Object &of(lunatik_object_s &object) noexcept { return static_cast<Object &>(object); }

	/// A reference. Any context.
	void get() noexcept { lunatik_h_refcount_inc(&references); }
	/// Drops one; true if it was the last, which frees the object: in a worker, if `here` says that the caller has locks that this may want.
	/// Any context.
	bool put(bool here = true) noexcept;
	/// A handle. Any context. The caller holds a handle or a reference.
	void hold() noexcept;
	/// Drops one; the last stops the object, where put() would free it. Any context.
	void drop(bool here = true) noexcept;
	/// Stops it now, once. Context: process, may sleep.
	void stop() noexcept;
	/// Stops it soon, in a worker; methods are refused from now on. Any context. The caller holds a handle or a reference.
	void stop_later() noexcept;
	[[nodiscard]] bool stopped() const noexcept { return __atomic_load_n(&opt, __ATOMIC_ACQUIRE) & LUNATIK_OPT_STOPPED; }
	/// The constructor's body succeeded: from now on the class' stop and release are called.
	void constructed() noexcept { constructed_ = true; }
	[[nodiscard]] Context context() const noexcept { return context_of(opt); }
	[[nodiscard]] void *lock() noexcept { return lock_.address(); }

	/// Objects alive now, of all classes.
	[[nodiscard]] static long alive() noexcept;

	/// Whether a stop of an object that was made in this network namespace is under way, or a stop or release of one waits for a
	/// worker. Now and then that is said of another namespace's.
	[[nodiscard]] static bool unsettled(const struct net *network) noexcept;
	/// Counts one more for unsettled(), and one less.
	static void unsettle(const struct net *network) noexcept;
	static void settle(const struct net *network) noexcept;

	unsigned int references;
	/// The network namespace of the runtime that made it, if one did. To be compared: it may be gone.
	const struct net *network = nullptr;
	/// What the registry of its runtime keeps it through (lunatik_userdata()); nullptr once it is not kept. Guarded by the
	/// runtime.
	void *pinned = nullptr;
	/// How many handles there are, and how many of them are kin: its class says which. In one word, to be looked at together.
	struct Count {
		unsigned int handles;
		unsigned int kin;
	};
	[[nodiscard]] Count count() const noexcept
	{
		std::uint64_t both = counts_.load();
		return { static_cast<unsigned int>(both), static_cast<unsigned int>(both >> 32) };
	}
	/// Any context. The handle is there.
	void add_kin() noexcept { counts_.fetch_add(one_kin); }
	void remove_kin() noexcept { counts_.fetch_sub(one_kin); }
	/// Turns the caller's handle into a reference, of which it has one already.
	void forget_handle() noexcept { counts_.fetch_sub(1); }
	/// Nobody may be left who knows it: `orphan_left` is called when a handle of it has gone, but the last.
	Atomic<bool> orphan{ false };
	/// Any context.
	using OrphanLeft = void (*)() noexcept;
	static OrphanLeft orphan_left;
	/// Of a hook of the first state of a per-CPU runtime: those of all CPUs' states, by CPU, with a reference to each other one.
	Object **peers = nullptr;
	/// Of a hook of another state: the first state's, with a reference, until it is stopped.
	Object *first = nullptr;
	/// The first state's next hook, while the script is loaded in all of them.
	Object *next_hook = nullptr;
	/// Of a hook: nanoseconds that its calls took in the runtime's window of time that began at `window`. Guarded by the runtime.
	std::uint64_t busy = 0;
	std::uint64_t window = 0;
	/// Of a hook: it is not stopped for failing or for what it costs.
	bool stays = false;
	/// The task that runs a monitored C method of it, under its lock.
	Atomic<task_struct *> monitored_by{ nullptr };

	/// The hook that the kernel calls, of which this is the local part. The object itself unless its runtime is per-CPU.
	[[nodiscard]] Object &whole() noexcept { return first ? *first : *this; }

private:
	static constexpr std::uint64_t one_kin = std::uint64_t{ 1 } << 32;

	void free() noexcept;
	void part() noexcept;
	static void stop_deferred(void **node) noexcept;

	// What lunatik_h_defer() links, and the way back.
	struct Deferred {
		void *node[2];
		Object *object;
		std::uint64_t since;	// Ending::since() of who left it to the worker
	};
	void defer(void (*what)(void **node)) noexcept;

	Atomic<std::uint64_t> counts_{ 0 };	// one for each handle, and one_kin for each that is kin
	struct module *owner_ = nullptr;	// pinned
	Deferred deferred_{ {}, this, 0 };
	bool refuse() noexcept { return __atomic_fetch_or(&opt, LUNATIK_OPT_STOPPED, __ATOMIC_SEQ_CST) & LUNATIK_OPT_STOPPED; }
	Atomic<bool> stop_begun_{ false };	// the class' own stop has run, or runs
	Atomic<bool> stopping_later_{ false };
	bool constructed_ = false;
	Opaque<LUNATIK_SIZEOF_LOCK> lock_;
};

/// While it lives its task ends something, and what that made with it: they share the time it may take. Context: process.
class [[nodiscard]] Ending final : public Linked<Ending> {
public:
	/// `since`: when the first of it all began to end, by ktime_get(); 0: nothing ends.
	explicit Ending(std::uint64_t since) noexcept;
	~Ending();
	Ending(const Ending &) = delete;
	Ending &operator=(const Ending &) = delete;

	/// When that was, of the calling task's outermost; 0: it ends nothing.
	[[nodiscard]] static std::uint64_t since() noexcept;

private:
	const task_struct *const task_;
	const std::uint64_t since_;
};

/// Sets up what every object shares; nothing before it. Errors: ENOMEM.
Result<void> objects_init() noexcept;
/// Waits for deferred releases and says if any object is left.
void objects_exit() noexcept;

} // namespace lunatik
