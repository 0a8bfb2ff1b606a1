/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * Account: what a runtime may hold and holds. Its state's memory is charged to it, and so is memory of objects it made,
 * which may outlive it: so it counts its users, and goes with the last. Its numbers stand where other modules read them, in
 * what they know of the runtime (lunatik/states.h).
 */
#pragma once

#include <cstddef>

#include "lunatik/states.h"
#include "base/atomic.hpp"

namespace lunatik {

/// A memory cap and what is held against it. Context: any.
class Account final : public lunatik_state {
public:
	explicit Account(std::size_t cap) noexcept : lunatik_state{} { maxalloc = cap; }

	/// Charges `size` bytes; false, and nothing is charged, if that would pass the cap.
	[[nodiscard]] bool charge(std::size_t size) noexcept
	{
		if (size > maxalloc)
			return false;
		if (__atomic_fetch_add(&curralloc, size, __ATOMIC_SEQ_CST) <= maxalloc - size)
			return true;
		discharge(size);
		return false;
	}
	void discharge(std::size_t size) noexcept { __atomic_fetch_sub(&curralloc, size, __ATOMIC_SEQ_CST); }
	/// Bytes held now.
	[[nodiscard]] std::size_t held() const noexcept { return __atomic_load_n(&curralloc, __ATOMIC_RELAXED); }
	/// The most that may be held.
	[[nodiscard]] std::size_t cap() const noexcept { return maxalloc; }

	/// One more user.
	void get() noexcept { holders_.fetch_add(1); }
	/// One user less; true if it was the last, who frees the account.
	[[nodiscard]] bool put() noexcept { return holders_.fetch_sub(1) == 1; }

private:
	Atomic<unsigned> holders_{ 1 };
};

} // namespace lunatik
