// SPDX-License-Identifier: MIT OR GPL-2.0-only
/* The library "fib": rules that say which routing table is looked up. */
#include "lunatik.hpp"

#include "helpers.h"

namespace lunatik {

namespace {

// Table 0 means none to the kernel.
using Table32 = Within<1, 0xffffffff>;

// newrule(table, priority). Source: fib_nl_newrule(). Errors: EEXIST, EAFNOSUPPORT, ENOMEM. Context: process.
Result<void> newrule(Caller &caller, Table32 table, std::uint32_t priority) noexcept
{
	return Result<void>::from(lunatik_h_fib_nl_newrule(lunatik_networkof(&caller.runtime()), static_cast<unsigned>(table), priority));
}

// delrule(table, priority). Source: fib_nl_delrule(). Errors: ENOENT, EAFNOSUPPORT, ENOMEM. Context: process.
Result<void> delrule(Caller &caller, Table32 table, std::uint32_t priority) noexcept
{
	return Result<void>::from(lunatik_h_fib_nl_delrule(lunatik_networkof(&caller.runtime()), static_cast<unsigned>(table), priority));
}

using Library = Functions<LibraryFunction<"newrule", newrule, LUNATIK_FUNCTION_SLEEPS>,
			  LibraryFunction<"delrule", delrule, LUNATIK_FUNCTION_SLEEPS>>;

} // namespace

LUNATIK_LIBRARY(fib, Library)

} // namespace lunatik
