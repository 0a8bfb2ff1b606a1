/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * The class "skb": the packet that a hook is called with. A class of hooks makes one with each hook, as a Companion<Skb>, and hands
 * the same object, LUNATIK_KEPT, to the hook for each packet:
 *
 *	Result<void> create(New<Filter> slot, Caller &caller, Function, Companion<Skb> skb) noexcept;
 *
 *	// where the kernel calls, with a struct lunatik_packet that lunatik_packet_open() has looked at
 *	hook.call_with(call, 0, look, [&] { return Skb::Open(skb, packet); });
 *
 * lunatik_skb.ko exports what is declared here.
 */
#pragma once

#include "lunatik/data.hpp"
#include "lunatik/skb.h"

namespace lunatik {

/// A packet, as scripts see it: the one of the hook that runs, or a copy that lives as long as the object.
class Skb final : public Lender {
public:
	static constexpr const lunatik_class_t &info = lunatik_class_skb;
	static constexpr const lunatik_function &companion = lunatik_companion_skb;

	/// `net` and `mac` are what data() gives.
	Skb(const Companion<Data> &net, const Companion<Data> &mac) noexcept
		: net_(*net), mac_(*mac), net_object_(ObjectRef::share(net.object)), mac_object_(ObjectRef::share(mac.object))
	{
	}
	~Skb();
	Skb(const Skb &) = delete;
	Skb &operator=(const Skb &) = delete;

	/// Has a packet from its construction to the end of its scope. Inside the runtime.
	class Open final {
	public:
		Open(Skb &skb, lunatik_packet &packet) noexcept : skb_(skb) { skb_.packet_ = &packet; }
		~Open()
		{
			skb_.packet_ = nullptr;
			if (skb_.shown_) [[unlikely]]
				skb_.hide();
		}
		Open(const Open &) = delete;
		Open &operator=(const Open &) = delete;

	private:
		Skb &skb_;
	};

	/// The packet, or nullptr when no hook has one now.
	[[nodiscard]] lunatik_packet *packet() const noexcept { return packet_; }
	/// Owns `skb` from now on.
	void adopt(sk_buff *skb, void *charge) noexcept;
	/// After something has changed where its bytes lie.
	void moved() noexcept;
	/// What data() gives. Errors: ENOMEM, EINVAL (there is no such header).
	Result<Kept> show(bool mac) noexcept;
	Result<void> unshare() noexcept override;

	[[nodiscard]] Integer length() const noexcept { return packet_ ? packet_->length : 0; }
	[[nodiscard]] const char *readable(Integer offset, Integer size) const noexcept
	{
		return packet_ ? at(packet_->linear, offset, size) : nullptr;
	}
	[[nodiscard]] char *writable(Integer offset, Integer size) noexcept
	{
		return packet_ ? at(packet_->writable, offset, size) : nullptr;
	}
	Result<void> read(Caller &caller, Integer offset, void *to, Integer size) noexcept;
	Result<char *> prepare(Caller &caller, Integer offset, Integer size) noexcept;

private:
	// One comparison does for all: a negative offset is a large one.
	[[nodiscard]] char *at(unsigned limit, Integer offset, Integer size) const noexcept
	{
		auto from = static_cast<unsigned long long>(offset), count = static_cast<unsigned long long>(size);
		// SAFETY: the packet's bytes, of which `limit` are there.
		return from <= limit && count <= limit - from ? reinterpret_cast<char *>(packet_->bytes) + from : nullptr;
	}
	void hide() noexcept
	{
		shown_ = 0;
		net_.give_back();
		mac_.give_back();
	}
	void lend_net() noexcept;
	Result<void> lend_mac() noexcept;

	enum : unsigned char { shows_net = 1, shows_mac = 2 };

	lunatik_packet *packet_ = nullptr;	// guarded by the runtime
	unsigned char shown_ = 0;
	Data &net_;
	Data &mac_;
	// What they refer to, and of which the state may let go first.
	ObjectRef net_object_;
	ObjectRef mac_object_;
	lunatik_packet own_{};			// of a copy
	void *charge_ = nullptr;
};

} // namespace lunatik
