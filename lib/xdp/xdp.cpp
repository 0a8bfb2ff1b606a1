// SPDX-License-Identifier: MIT OR GPL-2.0-only
/* The library "xdp": a Lua function that eBPF programs ask what becomes of a packet. */
#include "lunatik/data.hpp"
#include "lunatik/hook.hpp"
#include "helpers/helpers.h"

#include "helpers.h"

namespace lunatik {

namespace {

// Which arguments of attach() are needed later; the function gets the packet and what follows it.
enum Kept : unsigned { kept_callback = 0, kept_buffer = 4 };

enum Action : int { aborted = 0, drop = 1, pass = 2 };

class Xdp final : private lunatik_shown, private Lender {
public:
	static const lunatik_class_t info;

	Xdp(const Caller &caller, Companion<Data> buffer, Companion<Data> argument, Action declared, bool detaches) noexcept
		: lunatik_shown{ .close = [](lunatik_shown *shown) { of_shown(shown).hide(); },
				 .open = [](lunatik_shown *shown) { of_shown(shown).show(); },
				 .more = 1 },
		  hook_(caller, detaches), buffer_(*buffer), argument_(*argument), buffer_object_(ObjectRef::share(buffer.object)),
		  argument_object_(ObjectRef::share(argument.object)), declared_(declared),
		  asked_(hook_.asked(kept_callback, kept_buffer, *this))
	{
		// All of it is writable, always.
		buffer_.lend(*this, nullptr, 0, true);
		argument_.lend(*this, nullptr, 0, true);
	}

	/// What its runtime had attached before is to be stopped. Errors: EEXIST, ENOMEM.
	Result<void> add(bool percpu) noexcept
	{
		lunatik_object_t *replaced = nullptr;
		if (int error = lunatik_h_xdp_attach(&registration_, &hook_.object(), &hook_.runtime(), percpu, &replaced))
			return Error(error);
		if (replaced) {
			lunatik_stoplater(replaced);
			lunatik_putobject(replaced);
		}
		return {};
	}
	/// The last handle is gone, or the script said stop: packets that are on their way through get their action first.
	void stop() noexcept
	{
		if (registration_)
			lunatik_h_xdp_detach(std::exchange(registration_, nullptr));
	}

	[[nodiscard]] const lunatik_object_t *runtime() const noexcept { return &hook_.runtime(); }
	[[nodiscard]] unsigned long missed() const noexcept { return hook_.missed(); }
	/// The action where there is no script to ask.
	[[nodiscard]] int unasked() noexcept
	{
		hook_.miss();
		return declared_;
	}
	[[nodiscard]] int decide(lunatik_xdp_packet &packet) noexcept
	{
		// Whatever keeps the script from deciding, the packet gets what was declared for that.
		auto said = hook_.ask(asked_, &packet);
		if (!said) [[unlikely]]
			return declared_;
		if (static_cast<unsigned long long>(*said) > LUNATIK_XDP_ACTION_MAX) [[unlikely]] {
			hook_.reject(kept_callback);
			return declared_;
		}
		return static_cast<int>(*said);
	}

private:
	// SAFETY: it is the part of an Xdp.
	static Xdp &of_shown(lunatik_shown *shown) noexcept { return static_cast<Xdp &>(*shown); }
	void show() noexcept
	{
		// SAFETY: ask() shows packets only.
		auto &packet = *static_cast<lunatik_xdp_packet *>(what);
		buffer_.lend_again(packet.bytes, packet.size);
		argument_.lend_again(packet.argument, packet.argument_size);
		used = 1;
	}
	void hide() noexcept
	{
		used = 0;
		buffer_.give_back();
		argument_.give_back();
	}
	// All of it is writable as it is lent.
	Result<void> unshare() noexcept override { return Error(EBUSY); }

	Hook hook_;
	Data &buffer_;
	Data &argument_;
	// What they refer to, and of which the state may let go first.
	ObjectRef buffer_object_;
	ObjectRef argument_object_;
	const Action declared_;
	lunatik_asked asked_;
	lunatik_xdp *registration_ = nullptr;
};

Xdp &of(lunatik_object_t *object) noexcept
{
	// SAFETY: only objects of this class are given to lunatik_h_xdp_attach(), and they live until it is undone.
	return *static_cast<Xdp *>(object->private_);
}

std::optional<Action> action_from(const std::optional<std::string_view> &text) noexcept
{
	if (!text || *text == "pass")
		return pass;
	if (*text == "drop")
		return drop;
	if (*text == "aborted")
		return aborted;
	return std::nullopt;
}

// attach(callback [, options]): see docs/api/xdp.md. Context: the body of a softirq runtime's script.
Result<void> attach(New<Xdp> slot, Caller &caller, Function, std::optional<Table>, Field<"fail", std::optional<std::string_view>> fail,
		    Field<"detach", std::optional<bool>> detach, Companion<Data> buffer, Companion<Data> argument) noexcept
{
	auto declared = action_from(fail.value);
	if (!declared)
		return caller.fail("bad field 'fail' in argument #2 to 'attach' (\"pass\", \"drop\" or \"aborted\" expected)");
	auto &xdp = slot.emplace(caller, buffer, argument, *declared, detach.value.value_or(*declared == pass));
	// In a per-CPU runtime programs find one, which asks the state of the CPU it runs on.
	if (caller.first())
		return {};
	auto added = xdp.add(lunatik_cpuof(&caller.runtime()) >= 0);
	if (!added)
		xdp.~Xdp();
	return added;
}

bool belongs_to(lunatik_object_t &hook, const lunatik_object_t &runtime) noexcept
{
	for (unsigned cpu = 0; cpu < lunatik_h_cpus(); cpu++) {
		lunatik_object_t *peer = lunatik_peer(&hook, cpu);
		if (peer && of(peer).runtime() == &runtime)
			return true;
	}
	return false;
}

// detach(): no new packet gets to the callback of this runtime, if it has one; it is stopped soon. Context: any.
Result<void> detach(Caller &caller) noexcept
{
	lunatik_object_t *object = lunatik_h_xdp_find(&caller.runtime());
	if (!object)
		return {};
	if (belongs_to(*object, caller.runtime())) {
		lunatik_h_xdp_hide(object);
		lunatik_stoplater(object);
	}
	lunatik_putobject(object);
	return {};
}

// missed() -> packets that got the declared action because the script could not be asked, on all CPUs. Context: any.
Result<Integer> missed(Xdp &, Caller &caller) noexcept
{
	return missed_everywhere<Xdp>(caller.object(), lunatik_h_cpus());
}

using Methods = Functions<Stop<"stop", Xdp>, Method<"missed", missed>>;
using Library = Functions<Constructor<"attach", attach,
				      LUNATIK_FUNCTION_SLEEPS | LUNATIK_FUNCTION_PIN | LUNATIK_FUNCTION_EXACT |
					      LUNATIK_FUNCTION_KEEPS>,
			  LibraryFunction<"detach", detach>>;

const lunatik_constants constants[] = {
	{ "action", lunatik_xdp_action },
	{ nullptr, nullptr },
};

} // namespace

constinit const lunatik_class_t Xdp::info =
	define_class<Xdp, Methods>("xdp", LUNATIK_OPT_SOFTIRQ | LUNATIK_OPT_SINGLE | LUNATIK_OPT_HOOK);

LUNATIK_LIBRARY(xdp, Library, Classes<Xdp>::list, constants, lunatik_h_xdp_refusal)

} // namespace lunatik

int lunatik_xdp_ask(lunatik_object_t *object, lunatik_xdp_packet *packet)
{
	return lunatik::of(object).decide(*packet);
}

int lunatik_xdp_ask_local(lunatik_object_t *object, lunatik_xdp_packet *packet, unsigned cpu)
{
	lunatik_object_t *local = lunatik_local(object, cpu);
	if (!local) [[unlikely]]
		return lunatik::of(object).unasked();
	return lunatik::of(local).decide(*packet);
}
