/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * Reading the attributes of a request (include/lunatik/uapi.h). Freestanding, so that the host's tests and fuzzers get at
 * it: what it reads comes from user space.
 */
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "lunatik/uapi.h"
#include "base/text.hpp"

namespace lunatik {

/// One attribute: its type and the bytes of its value.
struct Attribute {
	std::uint32_t type;
	std::string_view value;

	/// The value as an integer of type T; false if its length is another.
	template <class T>
	[[nodiscard]] bool read(T &into) const noexcept
	{
		if (value.size() != sizeof(T))
			return false;
		__builtin_memcpy(&into, value.data(), sizeof(T));
		return true;
	}
};

/// Walks over a payload. After next() has returned false, bad() tells the end from a malformed attribute.
class Attributes final {
public:
	explicit Attributes(std::string_view payload) noexcept : rest_(payload) {}

	[[nodiscard]] bool next(Attribute &attribute) noexcept
	{
		if (rest_.empty())
			return false;
		lunatik_attribute head;
		if (rest_.size() < sizeof(head))
			return fail();
		__builtin_memcpy(&head, rest_.data(), sizeof(head));
		rest_.remove_prefix(sizeof(head));
		// The length is checked before it is rounded up: rounding a huge one would wrap to a small one.
		if (head.length > rest_.size())
			return fail();
		std::size_t padded = (std::size_t{ head.length } + 3) & ~std::size_t{ 3 };
		if (padded > rest_.size())
			return fail();
		attribute = { head.type, cut(rest_, 0, head.length) };
		rest_.remove_prefix(padded);
		return true;
	}
	[[nodiscard]] bool bad() const noexcept { return bad_; }

private:
	bool fail() noexcept
	{
		bad_ = true;
		rest_ = {};
		return false;
	}
	std::string_view rest_;
	bool bad_ = false;
};

} // namespace lunatik
