// SPDX-License-Identifier: MIT OR GPL-2.0-only
/* The library "notifier": Lua functions on the kernel's chains of notifiers. */
#include "lunatik/hook.hpp"

#include "helpers.h"

namespace lunatik {

namespace {

/// What a notifier of any chain is.
struct Notifier {
	explicit Notifier(const Caller &caller) noexcept : hook(caller) {}
	/// The last handle is gone, or the script said stop: calls that are on their way end first.
	void stop() noexcept { lunatik_h_unregister_notifier(std::exchange(block, nullptr)); }

	Hook hook;
	lunatik_notifier *block = nullptr;
};

/// Of a chain that calls where nothing may sleep, in interrupts among others.
struct AtomicNotifier final : Notifier {
	static const lunatik_class_t info;
	using Notifier::Notifier;
};

/// Of a chain that calls in process context.
struct ProcessNotifier final : Notifier {
	static const lunatik_class_t info;
	using Notifier::Notifier;
};

template <class T>
T &of(lunatik_object_t *object) noexcept
{
	// SAFETY: each chain's blocks hold objects of its class only, which live until the block is taken from the chain.
	return *static_cast<T *>(object->private_);
}

template <class T>
Result<void> built(T &notifier, int error) noexcept
{
	if (error)
		notifier.~T();
	return Result<void>::from(error);
}

// keyboard(callback). Source: register_keyboard_notifier(). Errors: ENOMEM. Context: the body of a hardirq runtime's script.
Result<void> keyboard(New<AtomicNotifier> slot, Caller &caller, Function) noexcept
{
	auto &notifier = slot.emplace(caller);
	return built(notifier, lunatik_h_register_keyboard_notifier(&notifier.block, &caller.object()));
}

// vterm(callback). Source: register_vt_notifier(). The same.
Result<void> vterm(New<AtomicNotifier> slot, Caller &caller, Function) noexcept
{
	auto &notifier = slot.emplace(caller);
	return built(notifier, lunatik_h_register_vt_notifier(&notifier.block, &caller.object()));
}

// netdevice(callback). Source: register_netdevice_notifier_net(). Errors: ENOMEM. Context: process, takes the rtnl lock. The
// kernel calls back at once for each device there is: this task is inside the runtime, so those wait for it to come out.
Result<void> netdevice(New<ProcessNotifier> slot, Caller &caller, Function) noexcept
{
	auto &notifier = slot.emplace(caller);
	return built(notifier, lunatik_h_register_netdevice_notifier(&notifier.block, &caller.object(),
								     lunatik_networkof(&caller.runtime())));
}

// missed() -> events that the callback was not called for. Context: any.
template <class T>
Result<Integer> missed(T &self) noexcept
{
	return static_cast<Integer>(self.hook.missed());
}

// stop(notifier), delete(notifier): of either class, as functions of the library.
Result<void> stop_any(Caller &caller, lunatik_object_t &object) noexcept
{
	if (object.class_ != &AtomicNotifier::info && object.class_ != &ProcessNotifier::info)
		return caller.fail("bad argument #1 (notifier expected)");
	lunatik_stoplater(&object);
	return {};
}

Result<Integer> missed_any(Caller &caller, lunatik_object_t &object) noexcept
{
	if (object.class_ == &AtomicNotifier::info)
		return missed(of<AtomicNotifier>(&object));
	if (object.class_ == &ProcessNotifier::info)
		return missed(of<ProcessNotifier>(&object));
	return caller.fail("bad argument #1 (notifier expected)");
}

template <class T>
using Methods = Functions<Stop<"stop", T>, Stop<"delete", T>, Method<"missed", missed<T>>>;

constexpr unsigned hooked = LUNATIK_FUNCTION_SLEEPS | LUNATIK_FUNCTION_PIN | LUNATIK_FUNCTION_EXACT | LUNATIK_FUNCTION_KEEPS;
using Library = Functions<Constructor<"keyboard", keyboard, hooked>, Constructor<"vterm", vterm, hooked>,
			  Constructor<"netdevice", netdevice, hooked>, LibraryFunction<"stop", stop_any>,
			  LibraryFunction<"delete", stop_any>, LibraryFunction<"missed", missed_any>>;

const lunatik_constants constants[] = {
	{ "notify", lunatik_notifier_notify },
	{ "kbd", lunatik_notifier_kbd },
	{ "vt", lunatik_notifier_vt_events },
	{ "netdev", lunatik_notifier_netdev },
	{ nullptr, nullptr },
};

Value integer(Integer value) noexcept
{
	return { .kind = LUNATIK_INTEGER, .integer = value };
}

// Calls the callback. What a chain is told when that says nothing, fails, or is not called: NOTIFY_DONE, go on. So it is when it says a
// number that is none of these, which counts as a failure: the kernel would make some errno of it.
Result<int> tell(Hook &hook, lunatik_callback &call, unsigned flags) noexcept
{
	int verdict = 0;
	call.result_count = 1;
	auto done = hook.call(
		call, 0,
		[&] {
			const Value &said = call.results[0];
			if (said.kind != LUNATIK_INTEGER)
				return true;
			bool sense = lunatik_h_is_notify(said.integer);
			if (sense)
				verdict = static_cast<int>(said.integer);
			return sense;
		},
		flags);
	if (!done)
		return done.error();
	return verdict;
}

Result<int> tell_netdevice(lunatik_object_t *object, unsigned long event, const char *name) noexcept
{
	__attribute__((uninitialized)) lunatik_callback call;
	call.arguments[0] = integer(static_cast<Integer>(event));
	// SAFETY: arguments of callbacks are only read.
	call.arguments[1] = { .kind = LUNATIK_STRING, .bytes = { const_cast<char *>(name), __builtin_strlen(name) } };
	call.argument_count = 2;
	return tell(of<ProcessNotifier>(object).hook, call, LUNATIK_ENTER_BRIEFLY | LUNATIK_ENTER_LOCKED | Hook::kept_for_later);
}

// Whether an event that could not be delivered is worth keeping: somebody else, or this task itself, is inside the runtime.
bool is_busy(Error error) noexcept
{
	return error.code() != ENXIO && error.code() != ECANCELED;
}

} // namespace

constinit const lunatik_class_t AtomicNotifier::info = define_class<AtomicNotifier, Methods<AtomicNotifier>>(
	"notifier", LUNATIK_OPT_HARDIRQ | LUNATIK_OPT_SINGLE | LUNATIK_OPT_HOOK);
constinit const lunatik_class_t ProcessNotifier::info =
	define_class<ProcessNotifier, Methods<ProcessNotifier>>("notifier", LUNATIK_OPT_SINGLE | LUNATIK_OPT_HOOK);

using Both = Classes<AtomicNotifier, ProcessNotifier>;
LUNATIK_LIBRARY(notifier, Library, Both::list, constants)

} // namespace lunatik

using namespace lunatik;

int lunatik_notifier_keyboard(lunatik_object_t *object, unsigned long event, bool down, bool shift, unsigned int key)
{
	__attribute__((uninitialized)) lunatik_callback call;
	call.arguments[0] = integer(static_cast<Integer>(event));
	call.arguments[1] = { .kind = LUNATIK_BOOLEAN, .boolean = down };
	call.arguments[2] = { .kind = LUNATIK_BOOLEAN, .boolean = shift };
	call.arguments[3] = integer(key);
	call.argument_count = 4;
	auto told = tell(of<AtomicNotifier>(object).hook, call, 0);
	return told ? *told : 0;
}

int lunatik_notifier_vt(lunatik_object_t *object, unsigned long event, unsigned int character, int console)
{
	__attribute__((uninitialized)) lunatik_callback call;
	call.arguments[0] = integer(static_cast<Integer>(event));
	call.arguments[1] = integer(character);
	call.arguments[2] = integer(console);
	call.argument_count = 3;
	auto told = tell(of<AtomicNotifier>(object).hook, call, 0);
	return told ? *told : 0;
}

int lunatik_notifier_netdevice(lunatik_object_t *object, lunatik_notifier *notifier, unsigned long event, const char *name)
{
	// What comes behind events that wait waits too: the callback sees them in order.
	if (!lunatik_h_events_wait(notifier)) {
		auto told = tell_netdevice(object, event, name);
		if (told)
			return *told;
		if (!is_busy(told.error()))
			return 0;
	}
	if (!lunatik_h_queue_event(notifier, event, name))
		of<ProcessNotifier>(object).hook.miss();
	return 0;
}

bool lunatik_notifier_deliver(lunatik_object_t *object, unsigned long event, const char *name)
{
	auto told = tell_netdevice(object, event, name);
	return told || !is_busy(told.error());
}
