/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * Named states (include/lunatik/states.h): what other modules and netlink see of process runtimes in the registry. They name a
 * runtime by the address of its account, which they may still have when it is gone: so it is looked up and not followed.
 */
#pragma once

#include <cstddef>
#include <string_view>

#include "base/result.hpp"
#include "runtime/runtime.hpp"

namespace lunatik::states {

void init() noexcept;

/// Enters and leaves the table of addresses, as runtimes are made and freed. Context: any.
void add(Runtime &runtime) noexcept;
void remove(Runtime &runtime) noexcept;

/// Makes a state in the registry, which others may have closed already: its address is to be looked up. Context: process, may sleep.
/// `foreign`: another module's. Errors: EINVAL (the name), EEXIST, ENOMEM (or a cap too small).
[[nodiscard]] Result<lunatik_state *> make(struct net *network, std::string_view name, std::size_t maxalloc, bool foreign) noexcept;

/// Takes a state out of the registry, with a handle for the caller, who stops it. Errors: ENOENT, EBUSY while other modules have
/// references.
[[nodiscard]] Result<Runtime *> withdraw(struct net *network, std::string_view name) noexcept;

} // namespace lunatik::states
