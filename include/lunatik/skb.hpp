/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * The class "skb": the packet that a hook is called with. A class of hooks makes one with each hook, as a Companion<Skb>, and hands
 * the same object, LUNATIK_KEPT, to the hook for each packet:
 *
 *	Result<void> create(New<Filter> slot, Caller &caller, Function, Companion<Skb> skb) noexcept;
 *
 *	// where the kernel calls, with a struct lunatik_packet that lunatik_packet_open() has looked at
 *	hook.ask(asked, &packet)	// which hook.asked(0, 1, skb.shown()) has made once
 *
 * lunatik_skb.ko exports what is declared here.
 */
#pragma once

#include "lunatik/data.hpp"
#include "lunatik/skb.h"

namespace lunatik {

/// A packet, as scripts see it: the one of the hook that runs, or a copy that lives as long as the object.
class Skb final : public Lender, private lunatik_shown {
public:
	static constexpr const lunatik_class_t &info = lunatik_class_skb;
	static constexpr const lunatik_function &companion = lunatik_companion_skb;

	/// `net` and `mac` are what data() gives.
	Skb(const Companion<Data> &net, const Companion<Data> &mac) noexcept;
	~Skb();
	Skb(const Skb &) = delete;
	Skb &operator=(const Skb &) = delete;

	/// For lunatik_runpacket(), which shows a lunatik_packet; for other ways, what it does: sets `what`, and calls close() after.
	[[nodiscard]] lunatik_shown &shown() noexcept { return *this; }
	/// The packet, or nullptr when no hook has one now.
	// SAFETY: hooks show packets only.
	[[nodiscard]] lunatik_packet *packet() const noexcept { return static_cast<lunatik_packet *>(what); }
	/// Owns `skb` from now on.
	void adopt(sk_buff *skb, void *charge) noexcept;
	/// After something has changed where its bytes lie.
	void moved() noexcept;
	/// What data() gives. Errors: ENOMEM, EINVAL (there is no such header).
	Result<Kept> show(bool mac) noexcept;
	Result<void> unshare() noexcept override;
	/// Makes it `size` bytes long. Errors: those of lunatik_h_skb_resize().
	Result<void> resize(Caller &caller, unsigned size) noexcept;

	[[nodiscard]] Integer length() const noexcept { return packet() ? packet()->length : 0; }
	[[nodiscard]] const char *readable(Integer offset, Integer size) const noexcept
	{
		return packet() ? at(packet()->linear, offset, size) : nullptr;
	}
	[[nodiscard]] char *writable(Integer offset, Integer size) noexcept
	{
		return packet() ? at(packet()->writable, offset, size) : nullptr;
	}
	Result<void> read(Caller &caller, Integer offset, void *to, Integer size) noexcept;
	Result<char *> prepare(Caller &caller, Integer offset, Integer size) noexcept;

private:
	// One comparison does for all: a negative offset is a large one.
	[[nodiscard]] char *at(unsigned limit, Integer offset, Integer size) const noexcept
	{
		auto from = static_cast<unsigned long long>(offset), count = static_cast<unsigned long long>(size);
		// SAFETY: the packet's bytes, of which `limit` are there.
		return from <= limit && count <= limit - from ? reinterpret_cast<char *>(packet()->bytes) + from : nullptr;
	}
	void hide() noexcept;
	[[nodiscard]] bool all_writable() noexcept;
	void lend_net() noexcept;
	Result<void> lend_mac() noexcept;

	enum : unsigned char { shows_net = 1, shows_mac = 2 };

	// Guarded by the runtime: `what`, and `used`, which is which of the data objects show something.
	Data &net_;
	Data &mac_;
	// What they refer to, and of which the state may let go first.
	ObjectRef net_object_;
	ObjectRef mac_object_;
	lunatik_packet own_{};			// of a copy
	void *charge_ = nullptr;
};

} // namespace lunatik
