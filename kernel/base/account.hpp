/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * Account: what a runtime may hold and holds. Its state's memory is charged to it, and so is memory of objects it made,
 * which may outlive it: so it counts its users, and goes with the last.
 */
#pragma once

#include <cstddef>

#include "base/atomic.hpp"

namespace lunatik {

/// A memory cap and what is held against it. Context: any.
class Account final {
public:
	explicit Account(std::size_t cap) noexcept : cap_(cap) {}

	/// Charges `size` bytes; false, and nothing is charged, if that would pass the cap.
	[[nodiscard]] bool charge(std::size_t size) noexcept
	{
		if (size > cap_)
			return false;
		if (held_.fetch_add(size) <= cap_ - size)
			return true;
		held_.fetch_sub(size);
		return false;
	}
	void discharge(std::size_t size) noexcept { held_.fetch_sub(size); }
	/// Bytes held now.
	[[nodiscard]] std::size_t held() const noexcept { return held_.load(); }
	/// The most that may be held.
	[[nodiscard]] std::size_t cap() const noexcept { return cap_; }

	/// One more user.
	void get() noexcept { users_.fetch_add(1); }
	/// One user less; true if it was the last, who frees the account.
	[[nodiscard]] bool put() noexcept { return users_.fetch_sub(1) == 1; }

private:
	Atomic<std::size_t> held_{ 0 };
	Atomic<unsigned> users_{ 1 };
	std::size_t cap_;
};

} // namespace lunatik
