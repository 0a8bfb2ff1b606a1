/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * What every class has whose objects the kernel calls on its own: probes, notifiers, packet filters. A hook knows its runtime,
 * enters it, calls a function of the script's, counts what could not be delivered and what failed, and is stopped when its
 * function does nothing but fail, or takes more of a CPU than it may.
 *
 *	class Tap final {
 *	public:
 *		static const lunatik_class_t info;
 *		explicit Tap(const Caller &caller) noexcept : hook(caller) {}
 *		void stop() noexcept { ... }	// unregister; returns when no call of the kernel's is on its way any more
 *		Hook hook;
 *	};
 *
 *	// The constructor's LUNATIK_FUNCTION_KEEPS keeps its arguments; number 0 is the function.
 *	Result<void> create(New<Tap> slot, Caller &caller, Function callback) noexcept;
 *
 * Its class has LUNATIK_OPT_HOOK, and where the kernel calls:
 *
 *	lunatik_callback call;
 *	call.arguments[0] = ...;
 *	auto done = tap.hook.call(call, 0, [&] { verdict = ...call.results[0]...; });
 *
 * What the kernel is told when `done` holds an error, its documentation says: the hook's declared outcome.
 */
#pragma once

#include "lunatik.hpp"
#include "base/atomic.hpp"
#include "base/text.hpp"

namespace lunatik {

/// The part of an object that the kernel calls. Lives in the object's storage.
class Hook final {
public:
	/// A flag of call(): what cannot be delivered now is not missed, the caller keeps it.
	static constexpr unsigned kept_for_later = 1u << 31;

	/// For the object that a constructor makes. One that `detaches` is stopped when its function does nothing but fail (module
	/// parameter failures), or takes too much time (parameter overload); of one that does not, the second is logged.
	explicit Hook(const Caller &caller, bool detaches = true) noexcept
		: object_(caller.object()), runtime_(ObjectRef::share(caller.runtime()))
	{
		if (!detaches)
			lunatik_stays(&object_);
	}

	/// Calls the function that the constructor was given as its argument number `kept`, if the runtime can be entered, and
	/// `look` for its results before they go; if that returns false they make no sense, which counts as a failure.
	/// `flags` are LUNATIK_ENTER_*.
	/// Context: the runtime's own; a hardirq runtime's hook may be called from anywhere, a non-maskable interrupt too.
	/// Errors: ENXIO, it or its runtime is stopped, or not ready; ENOENT, the argument was nil; ECANCELED, the function raised
	/// (logged, counted); EDEADLK, EOVERFLOW, ETIMEDOUT, EINTR, not delivered (counted as missed).
	template <class Look>
	Result<void> call(lunatik_callback &callback, unsigned kept, Look look, unsigned flags = 0) noexcept
	{
		return call_with(callback, kept, look, [] { return 0; }, flags);
	}
	/// The same; what `prepare` returns, called inside the runtime, lives as long as the function runs.
	template <class Look, class Prepare>
	Result<void> call_with(lunatik_callback &callback, unsigned kept, Look look, Prepare prepare, unsigned flags = 0) noexcept
	{
		auto entry = Entry::enter(*runtime_, flags & ~kept_for_later);
		if (!entry) [[unlikely]] {
			if (entry.error().code() != ENXIO && !(flags & kept_for_later))
				miss();
			return entry.error();
		}
		[[maybe_unused]] auto inside = prepare();
		callback.object = &object_;
		auto done = entry->run_kept(callback, kept);
		if (!done) [[unlikely]] {
			failed(done.negative(), kept);
		} else if constexpr (std::same_as<decltype(look()), bool>) {
			if (look()) [[likely]]
				failures_[kept].store(0);
			else
				senseless(kept);
		} else {
			failures_[kept].store(0);
			look();
		}
		return done;
	}

	/// The short way for what comes with every packet: calls the function kept as `function` with what is kept as `argument` (and
	/// behind it, if `shown` has more), for an integer, while `shown` shows what ask() is given. Softirq runtimes only.
	[[nodiscard]] lunatik_asked asked(unsigned function, unsigned argument, lunatik_shown &shown) const noexcept
	{
		// SAFETY: an Atomic is the word that it is of.
		auto *failures = reinterpret_cast<const unsigned *>(&failures_[function]);
		return { &*runtime_, &object_, &shown, function * LUNATIK_KEPT_SIZE, argument * LUNATIK_KEPT_SIZE, failures, 0, 0, {} };
	}
	/// Errors: those of call(); a result that is no integer is a failure, ECANCELED.
	Result<Integer> ask(lunatik_asked &asked, void *what) noexcept { return settle(asked, lunatik_runpacket(&asked, what)); }
	/// What ask() makes of what the function said, or lunatik_packet_settle() of that.
	Result<Integer> settle(const lunatik_asked &asked, lunatik_said said) noexcept
	{
		auto function = static_cast<unsigned>(asked.function / LUNATIK_KEPT_SIZE);
		if (said.error) [[unlikely]]
			return refused(static_cast<int>(said.error), function);
		accept(function);
		return said.value;
	}
	/// The same with three arguments, for any plain value: what is kept as `argument`, what is kept behind it, and `string`, of
	/// lunatik_keepstring(). Errors: those of call().
	Result<Value> ask_with(unsigned function, unsigned argument, const void *string, lunatik_shown &shown, void *what) noexcept
	{
		__attribute__((uninitialized)) Value said;
		int error = lunatik_runpacketwith(&*runtime_, &object_, function, argument, string, &shown, what, &said);
		if (error) [[unlikely]]
			return refused(error, function);
		return said;
	}
	/// After ask_with(): what it gave makes sense.
	void accept(unsigned function) noexcept
	{
		if (failures_[function].load()) [[unlikely]]
			failures_[function].store(0);
	}
	static constexpr char no_verdict[] = ": the hook returned no verdict, or one that its place does not have";
	/// Of a packet that lunatik_packet_intact() has mended.
	static constexpr char changed_header[] = ": the hook changed a header's length, options or protocol, which the kernel has read";
	/// What ask() gave makes no sense, or `what` is why: a failure.
	[[gnu::noinline]] void reject(unsigned function, const char *what = no_verdict) noexcept
	{
		auto entry = Entry::enter(*runtime_);
		if (entry)
			senseless(function, what);
		else if (entry.error().code() != ENXIO)
			miss();
	}

	/// Counts an event that was not delivered. Context: any.
	void miss() noexcept { missed_.fetch_add(1); }
	[[nodiscard]] unsigned long missed() const noexcept { return missed_.load(); }
	[[nodiscard]] lunatik_object_t &object() const noexcept { return object_; }
	[[nodiscard]] lunatik_object_t &runtime() const noexcept { return *runtime_; }

private:
	[[gnu::noinline, gnu::cold]] Error refused(int error, unsigned function) noexcept
	{
		if (error == -EPROTO)
			reject(function);
		else if (error == -EBADMSG)
			reject(function, changed_header);
		else if (error == -ECANCELED || error == -EINTR)
			failed(error, function);
		else if (error != -ENXIO && error != -ENOENT)
			miss();
		return Error(error == -EPROTO || error == -EBADMSG ? ECANCELED : error);
	}
	[[gnu::noinline]] void failed(int error, unsigned kept) noexcept
	{
		if (error == -EINTR)
			miss();
		else if (error == -ECANCELED && lunatik_failing(&*runtime_, &object_, failures_[kept].fetch_add(1) + 1U))
			failures_[kept].store(0);
	}

	[[gnu::noinline]] void senseless(unsigned kept, const char *what = no_verdict) noexcept
	{
		Name<120> text(object_.class_->name);
		text.append(what);
		lunatik_fail(&*runtime_, text.c_str());
		failed(-ECANCELED, kept);
	}

	lunatik_object_t &object_;
	ObjectRef runtime_;
	Atomic<unsigned long> missed_{ 0 };
	Atomic<unsigned> failures_[LUNATIK_ARGUMENTS];
};

/// What the hooks of class C in all states of a per-CPU runtime have missed, of which `object` is any; or what it alone has. `cpus` is
/// how many there may be.
template <class C>
Integer missed_everywhere(lunatik_object_t &object, unsigned cpus) noexcept
{
	Integer sum = 0;
	for (unsigned cpu = 0; cpu < cpus; cpu++) {
		// SAFETY: what lunatik_peer() gives is of the same class.
		if (lunatik_object_t *peer = lunatik_peer(&object, cpu))
			sum += static_cast<Integer>(static_cast<C *>(peer->private_)->missed());
	}
	return sum;
}

} // namespace lunatik
