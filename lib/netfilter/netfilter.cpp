// SPDX-License-Identifier: MIT OR GPL-2.0-only
/* The class "netfilter": Lua functions that say what becomes of a packet. */
#include "lunatik/packet.hpp"

#include "helpers.h"

namespace lunatik {

namespace {

// Which arguments of register() are needed later.
enum Kept : unsigned { kept_hook = 4, kept_skb = 9 };

enum Verdict : unsigned { drop = 0, accept = 1 };

class Netfilter final : public PacketHook {
public:
	static const lunatik_class_t info;

	Netfilter(const Caller &caller, const Companion<Skb> &skb, Verdict declared, bool detaches, bool queues) noexcept
		: PacketHook(caller, skb, declared, detaches), queues_(queues), asked_(hook_.asked(kept_hook, kept_skb, skb_.shown()))
	{
	}

	/// Errors: those of lunatik_h_netfilter_register().
	Result<void> add(struct net *net, const lunatik_netfilter_options &options) noexcept
	{
		return Result<void>::from(lunatik_h_netfilter_register(&registration_, &hook_.object(), &asked_, net, &options));
	}
	/// The last handle is gone, or the script said stop: packets that are on their way through get their verdict first.
	void stop() noexcept
	{
		if (registration_)
			lunatik_h_netfilter_unregister(std::exchange(registration_, nullptr));
	}

	[[nodiscard]] lunatik_asked &asked() noexcept { return asked_; }
	[[nodiscard]] bool queues() const noexcept { return queues_; }
	[[nodiscard]] unsigned settle(lunatik_said answer) noexcept
	{
		auto said = hook_.settle(asked_, answer);
		if (!said) [[unlikely]]
			return declared();
		if (*said != accept && !lunatik_h_netfilter_is_verdict(*said, queues_)) [[unlikely]]
			return rejected(kept_hook);
		return static_cast<unsigned>(*said);
	}

private:
	const bool queues_;
	lunatik_asked asked_;
	lunatik_netfilter *registration_ = nullptr;
};

Netfilter &of(lunatik_object_t *object) noexcept
{
	// SAFETY: only objects of this class are given to lunatik_h_netfilter_register(), and they live until it is undone.
	return *static_cast<Netfilter *>(object->private_);
}

std::optional<Verdict> verdict_from(const std::optional<std::string_view> &text) noexcept
{
	if (!text || *text == "accept")
		return accept;
	if (*text == "drop")
		return drop;
	return std::nullopt;
}

// register(ops): see docs/api/netfilter.md. Source: nf_register_net_hook(). Context: the body of a softirq runtime's script.
Result<void> create(New<Netfilter> slot, Caller &caller, Table, Field<"pf", Within<0, 255>> pf,
		    Field<"hooknum", Within<0, 255>> hooknum, Field<"priority", int> priority, Field<"hook", Function>,
		    Field<"mark", std::optional<std::uint32_t>> mark, Field<"fail", std::optional<std::string_view>> fail,
		    Field<"detach", std::optional<bool>> detach, Field<"dev", std::optional<std::string_view>> dev,
		    Companion<Skb> skb) noexcept
{
	auto declared = verdict_from(fail.value);
	if (!declared)
		return caller.fail("bad field 'fail' in argument #1 to 'register' (\"accept\" or \"drop\" expected)");
	lunatik_netfilter_options options{
		.pf = static_cast<unsigned char>(pf.value.value),
		.hooknum = static_cast<unsigned>(hooknum.value.value),
		.priority = priority.value,
		.percpu = lunatik_cpuof(&caller.runtime()) >= 0,
		.marked = mark.value.has_value(),
		.mark = mark.value.value_or(0),
		.dev = dev.value ? dev.value->data() : nullptr,
		.dev_size = dev.value ? dev.value->size() : 0,
	};
	int wrong = lunatik_h_netfilter_check(&options);
	if (wrong == -ENOENT)
		return caller.fail("bad field 'hooknum' in argument #1 to 'register' (the family 'pf' has no such hook)");
	if (wrong == -EOPNOTSUPP)
		return Error(EOPNOTSUPP);
	if (wrong)
		return caller.fail(options.dev ? "bad field 'dev' in argument #1 to 'register' (this hook is no device's)"
					       : "bad field 'dev' in argument #1 to 'register' (this hook needs a device)");
	// In a per-CPU runtime the kernel has one hook, which asks the state of the CPU it runs on.
	lunatik_object_t *first = caller.first();
	bool queues = first ? of(first).queues() : lunatik_h_netfilter_queues(&options);
	auto &filter = slot.emplace(caller, skb, *declared, detach.value.value_or(*declared == accept), queues);
	if (first)
		return {};
	auto added = filter.add(lunatik_networkof(&caller.runtime()), options);
	if (!added)
		filter.~Netfilter();
	return added;
}

// missed() -> packets that got the declared verdict because the script could not be asked, on all CPUs. Context: any.
using Methods = Functions<Stop<"stop", Netfilter>, Method<"missed", packets_missed<Netfilter>>>;
using Library = Functions<Constructor<"register", create,
				      LUNATIK_FUNCTION_SLEEPS | LUNATIK_FUNCTION_PIN | LUNATIK_FUNCTION_EXACT |
					      LUNATIK_FUNCTION_KEEPS>>;

const lunatik_constants constants[] = {
	{ "family", lunatik_netfilter_family },
	{ "action", lunatik_netfilter_action },
	{ "inet_hooks", lunatik_netfilter_inet_hooks },
	{ "bridge_hooks", lunatik_netfilter_bridge_hooks },
	{ "arp_hooks", lunatik_netfilter_arp_hooks },
	{ "netdev_hooks", lunatik_netfilter_netdev_hooks },
	{ "ip_priority", lunatik_netfilter_ip_priority },
	{ "bridge_priority", lunatik_netfilter_bridge_priority },
	{ nullptr, nullptr },
};

} // namespace

constinit const lunatik_class_t Netfilter::info =
	define_class<Netfilter, Methods>("netfilter", LUNATIK_OPT_SOFTIRQ | LUNATIK_OPT_SINGLE | LUNATIK_OPT_HOOK);

LUNATIK_LIBRARY(netfilter, Library, Classes<Netfilter>::list, constants)

} // namespace lunatik

unsigned lunatik_netfilter_settle(lunatik_object_t *object, lunatik_said said)
{
	return lunatik::of(object).settle(said);
}

lunatik_asked *lunatik_netfilter_local(lunatik_object_t *object, unsigned cpu)
{
	lunatik_object_t *local = lunatik_local(object, cpu);
	return local ? &lunatik::of(local).asked() : nullptr;
}

unsigned lunatik_netfilter_unasked(lunatik_object_t *object)
{
	return lunatik::of(object).unasked();
}

unsigned lunatik_netfilter_declared(lunatik_object_t *object)
{
	return lunatik::of(object).declared();
}
