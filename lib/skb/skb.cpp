// SPDX-License-Identifier: MIT OR GPL-2.0-only
/* The class "skb": what a script does with the packet its hook is called with. */
#include "lunatik/skb.hpp"

#include "helpers.h"

namespace lunatik {

/* ---- the object ---- */

Skb::Skb(const Companion<Data> &net, const Companion<Data> &mac) noexcept
	// SAFETY: it is the part of an Skb.
	: lunatik_shown{ .close = [](lunatik_shown *shown) { static_cast<Skb *>(shown)->hide(); } }, net_(*net), mac_(*mac),
	  net_object_(ObjectRef::share(net.object)), mac_object_(ObjectRef::share(mac.object))
{
}

Skb::~Skb()
{
	hide();
	if (own_.skb)
		lunatik_h_skb_free(own_.skb);
	if (charge_)
		lunatik_freebytes(charge_);
}

void Skb::adopt(sk_buff *skb, void *charge) noexcept
{
	lunatik_h_packet_open(&own_, skb);
	what = &own_;
	charge_ = charge;
}

void Skb::hide() noexcept
{
	used = 0;
	net_.give_back();
	mac_.give_back();
}

// With no byte behind its network header none of it was made writable, nor what lies before that.
bool Skb::all_writable() noexcept
{
	return packet()->writable && packet()->writable >= packet()->linear;
}

void Skb::lend_net() noexcept
{
	// SAFETY: a packet's bytes; data objects show them as plain ones.
	net_.lend(*this, reinterpret_cast<char *>(packet()->bytes), packet()->linear, all_writable());
}

Result<void> Skb::lend_mac() noexcept
{
	unsigned char *mac = lunatik_h_skb_mac_header(packet());
	if (!mac)
		return Error(EINVAL);
	// SAFETY: the link layer header lies right before the network header, in the same piece of memory.
	auto header = static_cast<std::size_t>(packet()->bytes - mac);
	mac_.lend(*this, reinterpret_cast<char *>(mac), header + packet()->linear, all_writable());
	return {};
}

void Skb::moved() noexcept
{
	if (used & shows_net)
		lend_net();
	if (used & shows_mac && !lend_mac())
		mac_.give_back();
}

Result<Kept> Skb::show(bool mac) noexcept
{
	if (auto done = Result<void>::from(lunatik_h_skb_linearize(packet())); !done)
		return done.error();
	moved();
	if (mac) {
		if (auto done = lend_mac(); !done)
			return done.error();
		used |= shows_mac;
		return Kept{ 1 };
	}
	lend_net();
	used |= shows_net;
	return Kept{ 0 };
}

Result<void> Skb::unshare() noexcept
{
	auto done = Result<void>::from(lunatik_h_skb_ensure_writable(packet(), packet()->length));
	moved();
	return done;
}

namespace {

Error gone(const Caller &caller) noexcept
{
	return caller.fail("the packet is gone: it is there only while its hook runs");
}

} // namespace

Result<void> Skb::resize(Caller &caller, unsigned size) noexcept
{
	std::optional<Charge> charge;
	// What a copy takes is its runtime's memory.
	if (packet() == &own_ && size > own_.length)
		charge.emplace(TRY(Charge::take(caller.runtime(), lunatik_h_skb_truesize(&own_, size))));
	auto done = Result<void>::from(lunatik_h_skb_resize(packet(), size));
	moved();
	if (done && charge) {
		lunatik_freebytes(charge_);
		charge_ = charge->release();
	}
	return done;
}

Result<void> Skb::read(Caller &caller, Integer offset, void *to, Integer size) noexcept
{
	if (!packet())
		return gone(caller);
	if (!at(packet()->length, offset, size))
		return out_of_bounds(caller);
	if (!size)
		return {};
	return Result<void>::from(
		lunatik_h_skb_copy_bits(packet(), static_cast<unsigned>(offset), to, static_cast<unsigned>(size)));
}

Result<char *> Skb::prepare(Caller &caller, Integer offset, Integer size) noexcept
{
	if (!packet())
		return gone(caller);
	if (!at(packet()->length, offset, size))
		return out_of_bounds(caller);
	auto done = Result<void>::from(lunatik_h_skb_ensure_writable(packet(), static_cast<unsigned>(offset + size)));
	moved();
	if (!done)
		return done.error();
	return at(packet()->writable, offset, size);
}

/* ---- its methods ---- */

namespace {

// ifindex() -> the interface's number, 0 if it has none yet. Context: its hook.
Result<Integer> ifindex(Skb &self, Caller &caller) noexcept
{
	if (!self.packet())
		return gone(caller);
	return lunatik_h_skb_ifindex(self.packet());
}

std::optional<Integer> peek_ifindex(Skb &self) noexcept
{
	return self.packet() ? std::optional<Integer>(lunatik_h_skb_ifindex(self.packet())) : std::nullopt;
}

// mark([value]) -> the mark, after it was set to the value given.
Result<Integer> mark(Skb &self, Caller &caller, std::optional<std::uint32_t> value) noexcept
{
	if (!self.packet())
		return gone(caller);
	if (value) {
		if (auto done = Result<void>::from(lunatik_h_skb_set_mark(self.packet(), *value)); !done)
			return done.error();
	}
	return static_cast<Integer>(lunatik_h_skb_mark(self.packet()));
}

std::optional<Integer> peek_mark(Skb &self) noexcept
{
	return self.packet() ? std::optional<Integer>(lunatik_h_skb_mark(self.packet())) : std::nullopt;
}

// protocol() -> ETH_P_*.
Result<Integer> protocol(Skb &self, Caller &caller) noexcept
{
	if (!self.packet())
		return gone(caller);
	return static_cast<Integer>(lunatik_h_skb_protocol(self.packet()));
}

std::optional<Integer> peek_protocol(Skb &self) noexcept
{
	return self.packet() ? std::optional<Integer>(lunatik_h_skb_protocol(self.packet())) : std::nullopt;
}

// vlan() -> its VLAN's number, or nil.
Result<std::optional<Integer>> vlan(Skb &self, Caller &caller) noexcept
{
	if (!self.packet())
		return gone(caller);
	int id = lunatik_h_skb_vlan(self.packet());
	return id < 0 ? std::nullopt : std::optional<Integer>(id);
}

// len() -> bytes from the network header on; also #skb, which is 0 without a packet.
Result<Integer> len(Skb &self, Caller &caller) noexcept
{
	if (!self.packet())
		return gone(caller);
	return self.length();
}

std::optional<Integer> peek_len(Skb &self) noexcept
{
	return self.packet() ? std::optional<Integer>(self.length()) : std::nullopt;
}

// data(["net"|"mac"]) -> a data object that shows the packet until its hook ends. Errors: ENOMEM, EBUSY, EINVAL.
Result<Kept> data(Skb &self, Caller &caller, std::optional<std::string_view> layer) noexcept
{
	bool mac = layer && *layer == "mac";
	if (layer && !mac && *layer != "net")
		return caller.fail("bad argument #1 to 'data' (\"net\" or \"mac\" expected)");
	if (!self.packet())
		return gone(caller);
	return self.show(mac);
}

Result<void> resize(Skb &self, Caller &caller, Within<0, 0xffff> size) noexcept
{
	if (!self.packet())
		return gone(caller);
	return self.resize(caller, static_cast<unsigned>(size.value));
}

Result<void> checksum(Skb &self, Caller &caller) noexcept
{
	if (!self.packet())
		return gone(caller);
	auto done = Result<void>::from(lunatik_h_skb_checksum(self.packet()));
	self.moved();
	return done;
}

// forward([ifindex]): see docs/api/skb.md. Context: any, a hook's among others: it is sent when no hook runs.
Result<void> forward(Skb &self, Caller &caller, std::optional<Within<1, 0x7fffffff>> ifindex) noexcept
{
	if (!self.packet())
		return gone(caller);
	return Result<void>::from(lunatik_h_skb_forward(self.packet(), lunatik_networkof(&caller.runtime()),
							   ifindex ? static_cast<int>(ifindex->value) : 0));
}

// copy() -> a packet of its own, which stays. Source: skb_copy(). Errors: ENOMEM, EOPNOTSUPP.
Result<void> copy(New<Skb> slot, Skb &self, Caller &caller, Companion<Data> net, Companion<Data> mac) noexcept
{
	if (!self.packet())
		return gone(caller);
	auto charge = TRY(Charge::take(caller.runtime(), lunatik_h_skb_truesize(self.packet(), 0)));
	sk_buff *skb = nullptr;
	if (auto done = Result<void>::from(lunatik_h_skb_copy(self.packet(), &skb)); !done)
		return done.error();
	slot.emplace(net, mac).adopt(skb, charge.release());
	return {};
}

Result<void> create(New<Skb> slot, Companion<Data> net, Companion<Data> mac) noexcept
{
	slot.emplace(net, mac);
	return {};
}

using Made = Constructor<"skb", create, LUNATIK_FUNCTION_KEEPS>;
using Methods = Functions<LUNATIK_BYTE_METHODS(Skb), Method<"__len", length_of<Skb>>, Method<"len", len, 0, peek_len>, Method<"ifindex", ifindex, 0, peek_ifindex>,
			  Method<"mark", mark, 0, peek_mark>, Method<"protocol", protocol, 0, peek_protocol>, Method<"vlan", vlan>,
			  Method<"data", data>, Method<"resize", resize>, Method<"checksum", checksum>, Method<"forward", forward>,
			  Factory<"copy", copy, LUNATIK_FUNCTION_KEEPS>>;
using Library = Functions<>;

} // namespace

LUNATIK_LIBRARY(skb, Library, Classes<Skb>::list)

} // namespace lunatik

// Objects stay in their runtime, whose hooks alone know when there is a packet.
constinit const lunatik_class_t lunatik_class_skb =
	lunatik::define_class<lunatik::Skb, lunatik::Methods>("skb", LUNATIK_OPT_SOFTIRQ | LUNATIK_OPT_SINGLE);
constinit const lunatik_function lunatik_companion_skb = lunatik::Made::function;
