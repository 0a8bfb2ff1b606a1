// SPDX-License-Identifier: MIT OR GPL-2.0-only
/* The class "xtable": matches and targets of iptables, as Lua functions. */
#include "lunatik/packet.hpp"

#include "helpers.h"

namespace lunatik {

namespace {

// Which arguments of match() and target() are needed later.
enum Kept : unsigned { kept_function = 6, kept_check, kept_destroy, kept_skb = 11 };

enum Verdict : unsigned { drop = 0, accept = 1 };

/* ---- par ---- */

// What a function gets behind the packet: where in the packet and the tables it is.
class Par final {
public:
	static const lunatik_class_t info;
	static const lunatik_function companion;

	/// Shows what comes with the packet that `skb` shows.
	void bind(const Companion<Skb> &skb) noexcept
	{
		skb_ = &*skb;
		object_.emplace(ObjectRef::share(skb.object));
	}
	/// The packet, or nullptr when no function has one now.
	[[nodiscard]] lunatik_xtable_packet *packet() const noexcept
	{
		// SAFETY: the packet that the hook shows begins a lunatik_xtable_packet.
		return skb_ ? reinterpret_cast<lunatik_xtable_packet *>(skb_->packet()) : nullptr;
	}
	/// Whether there is a field `key` now: `value` is set then.
	[[nodiscard]] bool get(std::string_view key, Value &value) const noexcept
	{
		const auto *now = packet();
		if (!now)
			return false;
		if (key == "hotdrop") {
			value.kind = LUNATIK_BOOLEAN;
			value.boolean = now->hotdrop;
			return true;
		}
		value.kind = LUNATIK_INTEGER;
		if (key == "thoff")
			value.integer = now->thoff;
		else if (key == "fragoff")
			value.integer = now->fragoff;
		else if (key == "hooknum")
			value.integer = now->hook;
		else
			value.kind = LUNATIK_NIL;
		return true;
	}

private:
	const Skb *skb_ = nullptr;
	std::optional<ObjectRef> object_;
};

Error gone(const Caller &caller) noexcept
{
	return caller.fail("the packet is gone: it is there only while its function runs");
}

// par.key: see docs/api/xtable.md. Context: a match or target.
Result<Value> get_field(Par &self, Caller &caller, std::string_view key) noexcept
{
	Value value{};
	if (!self.get(key, value))
		return gone(caller);
	return value;
}

// par.hotdrop = boolean, of a match.
Result<void> set_field(Par &self, Caller &caller, std::string_view key, bool value) noexcept
{
	auto *packet = self.packet();
	if (!packet)
		return gone(caller);
	if (key != "hotdrop")
		return caller.fail("only 'hotdrop' can be set");
	if (packet->target)
		return caller.fail("'hotdrop' is for matches: a target returns DROP");
	packet->hotdrop = value;
	return {};
}

Result<void> create_par(New<Par> slot) noexcept
{
	slot.emplace();
	return {};
}

/* ---- the class ---- */

class Xtable final : public PacketHook {
public:
	static const lunatik_class_t info;

	Xtable(const Caller &caller, const Companion<Skb> &skb, unsigned declared, bool hotdrop, bool detaches) noexcept
		: PacketHook(caller, skb, declared, detaches), hotdrop_(hotdrop), cpu_(lunatik_cpuof(&caller.runtime()))
	{
	}

	/// Errors: those of lunatik_h_xtable_register().
	Result<void> add(struct net *net, const lunatik_xtable_options &options) noexcept
	{
		return Result<void>::from(lunatik_h_xtable_register(&registration_, &hook_.object(), net, &options));
	}
	/// The last handle is gone, or the script said stop: packets that are on their way through get their verdict first.
	void stop() noexcept
	{
		if (registration_)
			lunatik_h_xtable_unregister(std::exchange(registration_, nullptr));
	}

	/// The declared outcome, of a packet that nobody was asked about.
	[[nodiscard]] unsigned unasked(lunatik_xtable_packet &packet) noexcept
	{
		return fallen(packet, PacketHook::unasked());
	}
	[[nodiscard]] unsigned decide(lunatik_xtable_packet &packet) noexcept
	{
		const void *string = packet.userargs[state()];
		// The rule came while this state was not there.
		if (!string) [[unlikely]]
			return unasked(packet);
		auto said = hook_.ask_with(kept_function, kept_skb, string, skb_.shown(), &packet);
		bool intact = lunatik_packet_left_alone(&packet.packet);
		if (!said) [[unlikely]]
			return fallen(packet, declared());
		if (!intact) [[unlikely]]
			return fallen(packet, rejected(kept_function, Hook::changed_header));
		bool sense = packet.target ? said->kind == LUNATIK_INTEGER && lunatik_h_xtable_is_verdict(&packet, said->integer)
					   : said->kind == LUNATIK_BOOLEAN;
		if (!sense) [[unlikely]]
			return fallen(packet, rejected(kept_function));
		hook_.accept(kept_function);
		return packet.target ? static_cast<unsigned>(said->integer) : said->boolean;
	}

	/// A rule comes to this state, its userargs kept as `string`. Errors: ENOENT, nobody can be asked now; EINVAL, it is refused; ENOMEM.
	Result<void> check(const void *&string, std::string_view userargs) noexcept
	{
		{
			auto entry = Entry::enter(hook_.runtime());
			if (!entry)
				return entry.error().code() == ENXIO ? Error(ENOENT) : entry.error();
			if (int error = lunatik_keepstring(&hook_.runtime(), &string, userargs.data(), userargs.size(), &string))
				return Error(error);
		}
		bool refused = false;
		auto done = tell(kept_check, userargs, [&](const Value &said) { refused = said.kind == LUNATIK_BOOLEAN && !said.boolean; });
		if ((done && !refused) || (!done && done.error().code() == ENOENT))
			return {};
		forget(string);
		if (refused || done.error().code() == ECANCELED)
			return Error(EINVAL);
		return done.error().code() == ENXIO ? Error(ENOENT) : done.error();
	}
	/// A rule goes.
	void remove(const void *&string, std::string_view userargs, bool called) noexcept
	{
		if (called)
			(void)tell(kept_destroy, userargs, [](const Value &) {});
		forget(string);
	}
	/// How many strings a rule has.
	[[nodiscard]] unsigned states() const noexcept { return cpu_ < 0 ? 1 : lunatik_h_cpus(); }
	/// Which of a rule's strings is this state's.
	[[nodiscard]] unsigned state() const noexcept { return cpu_ < 0 ? 0 : static_cast<unsigned>(cpu_); }

private:
	// What the function does for a packet when it does not say: a match may have declared that it is dropped.
	[[nodiscard]] unsigned fallen(lunatik_xtable_packet &packet, unsigned declared) const noexcept
	{
		packet.hotdrop = hotdrop_;
		return declared;
	}
	template <class Look>
	Result<void> tell(unsigned kept, std::string_view userargs, Look look) noexcept
	{
		__attribute__((uninitialized)) lunatik_callback call;
		// SAFETY: they are only read.
		call.arguments[0] = Value{ .kind = LUNATIK_STRING, .bytes = { const_cast<char *>(userargs.data()), userargs.size() } };
		call.argument_count = 1;
		call.result_count = 1;
		return hook_.call(call, kept, [&] { look(call.results[0]); });
	}
	void forget(const void *&string) noexcept
	{
		auto entry = Entry::enter(hook_.runtime());
		// A state that is gone has let go of it.
		if (entry)
			lunatik_forgetstring(&hook_.runtime(), &string);
	}

	const bool hotdrop_;
	const int cpu_;
	lunatik_xtable *registration_ = nullptr;
};

Xtable &of(lunatik_object_t *object) noexcept
{
	// SAFETY: only objects of this class are given to lunatik_h_xtable_register(), and they live until it is undone.
	return *static_cast<Xtable *>(object->private_);
}

lunatik_xtable_packet &of(lunatik_packet *packet) noexcept
{
	// SAFETY: the packets of rules, which lunatik_xtable_ask() and _local() get, begin one.
	return *reinterpret_cast<lunatik_xtable_packet *>(packet);
}

struct Fields {
	std::string_view name;
	std::optional<Within<0, 255>> revision, family;
	std::optional<std::uint16_t> proto;
	std::optional<std::uint32_t> hooks;
	bool detach;
};

Result<void> create(New<Xtable> slot, Caller &caller, const Fields &fields, bool target, unsigned declared, bool hotdrop,
		    const Companion<Skb> &skb, const Companion<Par> &par) noexcept
{
	auto small = [](const auto &field) { return static_cast<unsigned char>(field ? field->value : 0); };
	lunatik_xtable_options options{
		.name = fields.name.data(),
		.name_size = fields.name.size(),
		.revision = small(fields.revision),
		.family = small(fields.family),
		.proto = fields.proto.value_or(0),
		.hooks = fields.hooks.value_or(0),
		.target = target,
		.percpu = lunatik_cpuof(&caller.runtime()) >= 0,
	};
	int wrong = lunatik_h_xtable_check(&options);
	if (wrong == -ENOENT)
		return caller.fail("bad field 'family' (there are no tables of this family)");
	if (wrong)
		return caller.fail("bad field 'name' (1 to 28 bytes expected, none of them zero)");
	par->bind(skb);
	auto &xtable = slot.emplace(caller, skb, declared, hotdrop, fields.detach);
	// In a per-CPU runtime the kernel has one, which asks the state of the CPU it runs on.
	if (caller.first())
		return {};
	auto added = xtable.add(lunatik_networkof(&caller.runtime()), options);
	if (!added)
		xtable.~Xtable();
	return added;
}

// match(opts), target(opts): see docs/api/xtable.md. Source: xt_register_match(), xt_register_target(). Context: the body of a softirq
// runtime's script.
Result<void> match(New<Xtable> slot, Caller &caller, Table, Field<"name", std::string_view> name,
		   Field<"revision", std::optional<Within<0, 255>>> revision, Field<"family", std::optional<Within<0, 255>>> family,
		   Field<"proto", std::optional<std::uint16_t>> proto, Field<"hooks", std::optional<std::uint32_t>> hooks,
		   Field<"match", Function>, Field<"checkentry", std::optional<Function>>, Field<"destroy", std::optional<Function>>,
		   Field<"fail", std::optional<std::string_view>> fail, Field<"detach", std::optional<bool>> detach,
		   Companion<Skb> skb, Companion<Par> par) noexcept
{
	bool drops = fail.value && *fail.value == "drop";
	if (fail.value && !drops && *fail.value != "continue")
		return caller.fail("bad field 'fail' in argument #1 to 'match' (\"continue\" or \"drop\" expected)");
	return create(slot, caller, { name.value, revision.value, family.value, proto.value, hooks.value, detach.value.value_or(!drops) }, false, 0, drops, skb, par);
}

Result<void> target(New<Xtable> slot, Caller &caller, Table, Field<"name", std::string_view> name,
		    Field<"revision", std::optional<Within<0, 255>>> revision, Field<"family", std::optional<Within<0, 255>>> family,
		    Field<"proto", std::optional<std::uint16_t>> proto, Field<"hooks", std::optional<std::uint32_t>> hooks,
		    Field<"target", Function>, Field<"checkentry", std::optional<Function>>, Field<"destroy", std::optional<Function>>,
		    Field<"fail", std::optional<std::string_view>> fail, Field<"detach", std::optional<bool>> detach,
		    Companion<Skb> skb, Companion<Par> par) noexcept
{
	unsigned declared = lunatik_xtable_continue;
	if (fail.value && *fail.value == "drop")
		declared = drop;
	else if (fail.value && *fail.value == "accept")
		declared = accept;
	else if (fail.value && *fail.value != "continue")
		return caller.fail("bad field 'fail' in argument #1 to 'target' (\"continue\", \"accept\" or \"drop\" expected)");
	return create(slot, caller, { name.value, revision.value, family.value, proto.value, hooks.value, detach.value.value_or(declared != drop) }, true, declared, false, skb, par);
}

using ParMethods = Functions<Method<"__index", get_field>, Method<"__newindex", set_field>>;
using MadePar = Constructor<"par", create_par>;

// missed() -> packets that got the declared outcome because the script could not be asked, on all CPUs. Context: any.
using Methods = Functions<Stop<"stop", Xtable>, Method<"missed", packets_missed<Xtable>>>;

constexpr unsigned registers = LUNATIK_FUNCTION_SLEEPS | LUNATIK_FUNCTION_PIN | LUNATIK_FUNCTION_EXACT | LUNATIK_FUNCTION_KEEPS;
using Library = Functions<Constructor<"match", match, registers>, Constructor<"target", target, registers>>;

} // namespace

constinit const lunatik_class_t Xtable::info =
	define_class<Xtable, Methods>("xtable", LUNATIK_OPT_SOFTIRQ | LUNATIK_OPT_SINGLE | LUNATIK_OPT_HOOK);

constinit const lunatik_class_t Par::info = [] {
	auto info = define_class<Par, ParMethods>("xtable.par", LUNATIK_OPT_SOFTIRQ | LUNATIK_OPT_SINGLE);
	info.index = [](void *self, const char *key, unsigned long size, lunatik_value *value) -> int {
		// SAFETY: an object of this class, and the bytes of a string of Lua's.
		return static_cast<Par *>(self)->get({ key, size }, *value);
	};
	return info;
}();
constinit const lunatik_function Par::companion = MadePar::function;

using XtableClasses = Classes<Xtable, Par>;
LUNATIK_LIBRARY(xtable, Library, XtableClasses::list)

} // namespace lunatik

unsigned lunatik_xtable_ask(lunatik_object_t *object, lunatik_packet *packet)
{
	return lunatik::of(object).decide(lunatik::of(packet));
}

unsigned lunatik_xtable_ask_local(lunatik_object_t *object, lunatik_packet *packet, unsigned cpu)
{
	lunatik_object_t *local = lunatik_local(object, cpu);
	// A rule comes when all states are there; one of them may have stopped since.
	if (!local) [[unlikely]]
		return lunatik::of(object).unasked(lunatik::of(packet));
	return lunatik::of(local).decide(lunatik::of(packet));
}

int lunatik_xtable_add(lunatik_object_t *object, const void **strings, const char *userargs, unsigned long size)
{
	std::string_view text(userargs, size);
	unsigned states = lunatik::of(object).states(), state = 0;
	int error = 0;
	for (; state < states; state++) {
		// Numbers of CPUs may have gaps. A script that is not loaded in all of them yet is not asked in the first.
		lunatik_object_t *peer = lunatik_peer(object, state);
		if (!peer)
			continue;
		if (auto added = lunatik::of(peer).check(strings[state], text); !added) {
			error = added.error().negative();
			break;
		}
	}
	while (error && state) {
		state--;
		if (lunatik_object_t *peer = lunatik_peer(object, state); peer && strings[state])
			lunatik::of(peer).remove(strings[state], text, true);
	}
	return error;
}

void lunatik_xtable_remove(lunatik_object_t *object, const void **strings, const char *userargs, unsigned long size, bool called)
{
	std::string_view text(userargs, size);
	unsigned states = lunatik::of(object).states();
	for (unsigned state = 0; state < states; state++) {
		if (lunatik_object_t *peer = lunatik_peer(object, state); peer && strings[state])
			lunatik::of(peer).remove(strings[state], text, called);
	}
}
