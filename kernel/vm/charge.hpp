/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* Memory that is charged to an account for as long as it lives, whoever frees it and when. */
#pragma once

#include <cstddef>

#include "base/account.hpp"

namespace lunatik {

/// `size` bytes charged to `account`, or to nobody if that is null; nullptr over the cap or without memory. Any context;
/// `atomic` must not sleep.
[[nodiscard]] void *allocate_charged(Account *account, std::size_t size, bool atomic) noexcept;
/// The same, zeroed.
[[nodiscard]] void *allocate_zeroed(Account *account, std::size_t size, bool atomic) noexcept;
/// Charges `size` bytes that the kernel allocates by itself, until free_charged() of what this returns, which is no memory to
/// use; nullptr over the cap.
[[nodiscard]] void *charge_only(Account *account, std::size_t size, bool atomic) noexcept;
/// Frees and discharges it. Any context.
void free_charged(void *memory) noexcept;

/// An account with one user; nullptr without memory. Context: process.
[[nodiscard]] Account *make_account(std::size_t cap) noexcept;
/// One user less; the last one frees it. Any context.
void put(Account &account) noexcept;

} // namespace lunatik
