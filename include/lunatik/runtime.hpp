/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * Running scripts from C++ modules: lunatik_runtime() makes a runtime, Entry locks it, and GlobalCall calls a function of
 * its script.
 *
 *	auto entry = Entry::enter(*runtime);
 *	if (!entry)
 *		return entry.error().negative();
 *	GlobalCall call(*runtime, "greet");
 *	if (auto called = call.run(1, "world", 42); !called)
 *		return called.negative();
 *	auto answer = call.string(0).value_or("none");
 */
#pragma once

#include "lunatik.hpp"
#include "lunatik/runtime.h"

namespace lunatik {

/// A call of a global function of a script, and what it gave. Lives inside an Entry into the same runtime.
class GlobalCall final {
public:
	/// `function` is the name of the global; it must outlive the call.
	GlobalCall(lunatik_object_t &runtime, const char *function) noexcept : runtime_(runtime)
	{
		callback_.object = nullptr;
		callback_.field = function;
		callback_.result_count = 0;
	}
	GlobalCall(const GlobalCall &) = delete;
	GlobalCall &operator=(const GlobalCall &) = delete;

	/// Calls it with integers, booleans, strings and objects (lunatik_object_t &), and keeps the first `results` results.
	/// Errors: ENOENT without such a global, ECANCELED if it raised (logged), EINTR, ENXIO.
	template <class... A>
	Result<void> run(unsigned results, const A &...arguments) noexcept
	{
		static_assert(sizeof...(A) <= arguments_max, "too many arguments for one call");
		callback_.argument_count = sizeof...(A);
		callback_.result_count = static_cast<unsigned char>(results < results_max ? results : results_max);
		[[maybe_unused]] auto *argument = callback_.arguments;
		((*argument++ = value(arguments)), ...);
		int error = lunatik_runglobal(&runtime_, &callback_);
		if (error)
			callback_.result_count = 0;
		return Result<void>::from(error);
	}

	/// Result `i` (from 0), if it is of that type. Strings are borrowed until the Entry ends or another call is made.
	[[nodiscard]] std::optional<std::string_view> string(unsigned i) const noexcept
	{
		if (!is(i, LUNATIK_STRING))
			return std::nullopt;
		const Value &result = callback_.results[i];
		return std::string_view(result.bytes.data, result.bytes.size);
	}
	/// The same of an integer.
	[[nodiscard]] std::optional<Integer> integer(unsigned i) const noexcept
	{
		return is(i, LUNATIK_INTEGER) ? std::optional(callback_.results[i].integer) : std::nullopt;
	}
	/// The same of a boolean.
	[[nodiscard]] std::optional<bool> boolean(unsigned i) const noexcept
	{
		return is(i, LUNATIK_BOOLEAN) ? std::optional(callback_.results[i].boolean) : std::nullopt;
	}

private:
	static constexpr unsigned arguments_max = sizeof(lunatik_callback::arguments) / sizeof(lunatik_value);
	static constexpr unsigned results_max = LUNATIK_CALLBACK_RESULTS;

	[[nodiscard]] bool is(unsigned i, unsigned kind) const noexcept
	{
		return i < callback_.result_count && callback_.results[i].kind == kind;
	}
	template <std::integral T>
	static Value value(const T &integer) noexcept
	{
		if constexpr (std::same_as<T, bool>)
			return { .kind = LUNATIK_BOOLEAN, .boolean = integer };
		else
			return { .kind = LUNATIK_INTEGER, .integer = static_cast<Integer>(integer) };
	}
	static Value value(std::string_view text) noexcept
	{
		// SAFETY: an argument's bytes are only read.
		return { .kind = LUNATIK_STRING, .bytes = { const_cast<char *>(text.data()), text.size() } };
	}
	static Value value(const lunatik_object_t &object) noexcept
	{
		// SAFETY: pushing an object changes its counts only, which are not const.
		return { .kind = LUNATIK_OBJECT, .object = const_cast<lunatik_object_t *>(&object) };
	}

	lunatik_object_t &runtime_;
	lunatik_callback callback_;
};

} // namespace lunatik
