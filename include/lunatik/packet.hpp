/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* What hooks for packets have in common, wherever the kernel calls them: the packet's object, and the declared verdict. */
#pragma once

#include "lunatik/hook.hpp"
#include "lunatik/skb.hpp"

/// How many CPUs there may be: lunatik_peer() knows none beyond.
extern "C" unsigned int lunatik_h_cpus(void);

namespace lunatik {

/// The part of an object that gets packets. Whatever keeps the script from saying what becomes of one, it gets the verdict that was
/// declared for that.
class PacketHook {
public:
	/// One that `detaches` is stopped when its function does nothing but fail.
	PacketHook(const Caller &caller, const Companion<Skb> &skb, unsigned declared, bool detaches) noexcept
		: hook_(caller, detaches), skb_(*skb), skb_object_(ObjectRef::share(skb.object)), declared_(declared)
	{
	}

	[[nodiscard]] unsigned long missed() const noexcept { return hook_.missed(); }
	[[nodiscard]] unsigned declared() const noexcept { return declared_; }

	/// The verdict where there is no script to ask.
	[[nodiscard]] unsigned unasked() noexcept
	{
		hook_.miss();
		return declared_;
	}

protected:
	/// The verdict where what the function kept as `function` said is none, or what it did is `what`.
	[[nodiscard]] unsigned rejected(unsigned function, const char *what = Hook::no_verdict) noexcept
	{
		hook_.reject(function, what);
		return declared_;
	}

	Hook hook_;
	Skb &skb_;

private:
	ObjectRef skb_object_;
	const unsigned declared_;
};

/// The body of missed(), on all CPUs, for a class T of packet hooks. Context: any.
template <class T>
Result<Integer> packets_missed(T &, Caller &caller) noexcept
{
	return missed_everywhere<T>(caller.object(), lunatik_h_cpus());
}

} // namespace lunatik
