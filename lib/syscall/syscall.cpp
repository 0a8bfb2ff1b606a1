// SPDX-License-Identifier: MIT OR GPL-2.0-only
/* The library "syscall": numbers, names and addresses of system calls. */
#include "lunatik.hpp"

#include "helpers.h"

namespace lunatik {

namespace {

// address(number) -> light userdata. Source: sys_call_table. Errors: ENOENT, a kernel without that table. Context: any.
Result<Pointer> address(Caller &caller, Integer number) noexcept
{
	if (number < 0 || number >= static_cast<Integer>(lunatik_h_syscalls()))
		return caller.fail("bad argument #1 to 'address' (out of range)");
	void *function = lunatik_h_sys_call_table(static_cast<unsigned>(number));
	if (!function)
		return Error(ENOENT);
	return Pointer{ function };
}

// number(name) -> integer, or nil if this kernel has no such system call. Source: <asm/unistd.h>. Context: any.
Result<std::optional<Integer>> number(std::string_view name) noexcept
{
	for (const lunatik_constant *known = lunatik_syscall_numbers; known->name; known++) {
		if (name == known->name)
			return std::optional<Integer>(known->value);
	}
	return std::optional<Integer>();
}

// name(number) -> string, or nil. Context: any.
Result<std::optional<std::string_view>> name(Integer number) noexcept
{
	for (const lunatik_constant *known = lunatik_syscall_numbers; known->name; known++) {
		if (number == known->value)
			return std::optional<std::string_view>(known->name);
	}
	return std::optional<std::string_view>();
}

using Library = Functions<LibraryFunction<"address", address>, LibraryFunction<"number", number>, LibraryFunction<"name", name>>;

} // namespace

LUNATIK_LIBRARY(syscall, Library)

} // namespace lunatik
