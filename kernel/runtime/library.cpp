// SPDX-License-Identifier: MIT OR GPL-2.0-only
/*
 * The library "lunatik" and the class "runtime": scripts that run other scripts. lunatik.runtime() makes a runtime of its
 * own for a script; it is not in the registry, and ends with its last handle.
 */
#include "lunatik.hpp"

#include "lunatik/uapi.h"
#include "runtime/library.hpp"
#include "runtime/registry.hpp"
#include "runtime/runtime.hpp"

namespace lunatik {

static std::optional<Context> context_from(const std::optional<Value> &value) noexcept
{
	if (!value || value->kind == LUNATIK_NIL)
		return Context::Process;
	// Up to 3.5 the argument was `sleep`.
	if (value->kind == LUNATIK_BOOLEAN)
		return value->boolean ? Context::Process : Context::Softirq;
	if (value->kind != LUNATIK_STRING)
		return std::nullopt;
	std::string_view text(value->bytes.data, value->bytes.size);
	for (auto context : { Context::Process, Context::Softirq, Context::Hardirq }) {
		if (text == name_of(context))
			return context;
	}
	return std::nullopt;
}

static Result<Handle> new_runtime(Caller &caller, std::string_view script, std::optional<Value> context, std::optional<Table>,
				  Field<"percpu", std::optional<bool>> percpu) noexcept
{
	auto wanted = context_from(context);
	if (!wanted)
		return caller.fail("bad argument #2 to 'runtime' (true, false, \"process\", \"softirq\" or \"hardirq\" expected)");
	auto &outer = Runtime::of(caller.runtime());
	Report report;
	auto loaded = load({ .name = script,
			     .context = *wanted,
			     .network = outer.network,
			     .outer = &outer,
			     .percpu = percpu.value.value_or(false) },
			   report);
	if (!loaded) {
		if (report.text().empty())
			return loaded.error();
		return caller.fail_with(report.text());
	}
	return Handle::adopt(*loaded);
}

// cpu() -> the CPU whose hooks run in this state of a per-CPU runtime, or else the one that runs this. Context: any.
static Result<Integer> cpu(Caller &caller) noexcept
{
	int own = Runtime::of(caller.runtime()).cpu;
	return own == Runtime::any_cpu ? lunatik_h_cpu() : own;
}

// stop(): ends what runs inside and closes the state. A script cannot stop itself: nothing would be left to return to.
static Result<void> stop_runtime(Runtime &self) noexcept
{
	if (self.inside())
		return Error(EDEADLK);
	return {};
}

using RuntimeMethods = Functions<Method<"stop", stop_runtime, LUNATIK_FUNCTION_STOP | LUNATIK_FUNCTION_SLEEPS>, ResumeMethod>;

} // namespace lunatik

constinit const lunatik_class_t lunatik_class_runtime =
	lunatik::define_class<lunatik::Runtime, lunatik::RuntimeMethods>("runtime", LUNATIK_OPT_NONE);

namespace lunatik {

using Library = Functions<LibraryFunction<"runtime", new_runtime, LUNATIK_FUNCTION_SLEEPS>, LibraryFunction<"cpu", cpu>>;

constinit const lunatik_library lunatik_library_core = detail::make_library<Library>("lunatik", Classes<Runtime>::list);

} // namespace lunatik
