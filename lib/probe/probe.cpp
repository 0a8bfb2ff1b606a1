// SPDX-License-Identifier: MIT OR GPL-2.0-only
/* The class "probe": Lua functions that run when the kernel comes by an instruction, or returns from a function. */
#include "lunatik/hook.hpp"

#include "helpers.h"

namespace lunatik {

namespace {

// Which arguments of new() the handlers are.
enum Kept : unsigned { kept_symbol = 0, kept_pre = 2, kept_post, kept_ret };

class Probe final {
public:
	static const lunatik_class_t info;

	Probe(const Caller &caller, bool detaches) noexcept : hook_(caller, detaches) {}

	/// Errors: those of lunatik_h_probe_register().
	Result<void> add(const Symbol &symbol, unsigned handlers) noexcept
	{
		return Result<void>::from(lunatik_h_probe_register(&probe_, &hook_.object(),
								   symbol.address ? nullptr : symbol.name.data(),
								   symbol.name.size(), symbol.address, handlers));
	}
	/// The last handle is gone, or the script said stop: handlers that run end first.
	void stop() noexcept { lunatik_h_probe_unregister(std::exchange(probe_, nullptr)); }
	Result<void> enable(bool enable) noexcept { return Result<void>::from(lunatik_h_probe_enable(probe_, enable)); }
	[[nodiscard]] unsigned long missed() const noexcept { return hook_.missed() + lunatik_h_probe_nmissed(probe_); }
	/// The registers at the hit whose handler runs, or nullptr.
	[[nodiscard]] pt_regs *registers() const noexcept { return registers_; }
	[[nodiscard]] const char *show() noexcept { return lunatik_h_probe_show(probe_, registers_); }

	/// One hit. The handlers get what new() was given first, the probe itself, and what `extra` is, if it is something.
	[[gnu::always_inline]] void hit(Kept handler, pt_regs *registers, const Value *extra = nullptr) noexcept
	{
		__attribute__((uninitialized)) lunatik_callback call;
		call.arguments[0].kind = LUNATIK_KEPT;
		call.arguments[0].integer = kept_symbol;
		call.arguments[1].kind = LUNATIK_SELF;
		call.argument_count = 2;
		call.result_count = 0;
		if (extra) {
			call.arguments[2] = *extra;
			call.argument_count = 3;
		}
		// A handler that fails, or is not run, changes nothing for the code that came by: that is the outcome here.
		(void)hook_.call_with(call, handler, [] {}, [this, registers] { return Registers(*this, registers); });
	}

private:
	/// Registers are the handler's for as long as it runs: the script may keep the probe, not what it showed.
	class Registers final {
	public:
		Registers(Probe &probe, pt_regs *registers) noexcept : probe_(probe) { probe_.registers_ = registers; }
		~Registers() { probe_.registers_ = nullptr; }
		Registers(const Registers &) = delete;
		Registers &operator=(const Registers &) = delete;

	private:
		Probe &probe_;
	};

	Hook hook_;
	lunatik_probe *probe_ = nullptr;
	pt_regs *registers_ = nullptr; // guarded by the runtime's lock
};

// new(symbol | address, {pre =, post =, ret =, detach =}): see docs/api/probe.md. Context: the body of a hardirq runtime's script.
Result<void> create(New<Probe> slot, Caller &caller, Symbol symbol, Table, Field<"pre", std::optional<Function>> pre,
		    Field<"post", std::optional<Function>> post, Field<"ret", std::optional<Function>> ret,
		    Field<"detach", std::optional<bool>> detach) noexcept
{
	unsigned handlers = 0;
	if (pre.value)
		handlers |= LUNATIK_PROBE_PRE;
	if (post.value)
		handlers |= LUNATIK_PROBE_POST;
	if (ret.value)
		handlers |= LUNATIK_PROBE_RET;
	if (!handlers)
		return caller.fail("bad argument #2 to 'new' (a function 'pre', 'post' or 'ret' expected)");
	auto &probe = slot.emplace(caller, detach.value.value_or(true));
	auto added = probe.add(symbol, handlers);
	if (!added)
		probe.~Probe();
	return added;
}

// enable(bool). Source: enable_kprobe(), disable_kprobe(). Context: process.
Result<void> enable(Probe &self, bool enable) noexcept
{
	return self.enable(enable);
}

// missed() -> hits that no handler was run for. Context: any.
Result<Integer> missed(Probe &self) noexcept
{
	return static_cast<Integer>(self.missed());
}

Error outside(const Caller &caller) noexcept
{
	return caller.fail("registers are there only while a handler of this probe runs");
}

// argument(n) -> the n-th argument, from 1, of the function whose first instruction is probed. Context: its handlers.
Result<Integer> argument(Probe &self, Caller &caller, Integer n) noexcept
{
	if (!self.registers())
		return outside(caller);
	if (n < 1 || n > static_cast<Integer>(lunatik_h_probe_arguments()))
		return caller.fail("bad argument #1 to 'argument' (out of range)");
	return static_cast<Integer>(lunatik_h_probe_argument(self.registers(), static_cast<unsigned>(n - 1)));
}

// get(name) -> a register. Source: struct pt_regs. Context: its handlers.
Result<Integer> get(Probe &self, Caller &caller, std::string_view name) noexcept
{
	if (!self.registers())
		return outside(caller);
	long long value = 0;
	if (lunatik_h_probe_register_value(self.registers(), name.data(), name.size(), &value))
		return caller.fail("bad argument #1 to 'get' (no such register)");
	return value;
}

// probe(): registers and stack, to the log. Context: its handlers.
Result<void> show(Probe &self, Caller &caller) noexcept
{
	if (!self.registers())
		return outside(caller);
	lunatik_log(&caller.runtime(), self.show());
	return {};
}

using Methods = Functions<Stop<"stop", Probe>, Method<"enable", enable, LUNATIK_FUNCTION_SLEEPS>, Method<"missed", missed>,
			  Method<"argument", argument>, Method<"get", get>, Method<"__call", show>>;
using Library = Functions<Constructor<"new", create,
				      LUNATIK_FUNCTION_SLEEPS | LUNATIK_FUNCTION_PIN | LUNATIK_FUNCTION_EXACT |
					      LUNATIK_FUNCTION_KEEPS>>;

Probe &of(lunatik_object_t *object) noexcept
{
	// SAFETY: only objects of this class are given to lunatik_h_probe_register(), and they live until it is undone.
	return *static_cast<Probe *>(object->private_);
}

} // namespace

constinit const lunatik_class_t Probe::info =
	define_class<Probe, Methods>("probe", LUNATIK_OPT_HARDIRQ | LUNATIK_OPT_SINGLE | LUNATIK_OPT_HOOK);

LUNATIK_LIBRARY(probe, Library, Classes<Probe>::list)

} // namespace lunatik

using namespace lunatik;

void lunatik_probe_pre(lunatik_object_t *object, pt_regs *registers)
{
	of(object).hit(kept_pre, registers);
}

void lunatik_probe_post(lunatik_object_t *object, pt_regs *registers)
{
	of(object).hit(kept_post, registers);
}

void lunatik_probe_ret(lunatik_object_t *object, pt_regs *registers)
{
	Value value{ .kind = LUNATIK_INTEGER, .integer = lunatik_h_probe_return_value(registers) };
	of(object).hit(kept_ret, registers, &value);
}
