/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* The class "data": a piece of memory that scripts read and write by offset. Packet classes hand it their bytes. */
#pragma once

#include "lunatik.hpp"

namespace lunatik {

/// Bytes of its own, or of somebody else's for as long as that lets it.
class Data final {
public:
	static const lunatik_class_t info;

	/// Owns `bytes`, which lunatik_bytes() gave.
	Data(char *bytes, std::size_t size) noexcept : bytes_(bytes), size_(size) {}
	~Data() { lunatik_freebytes(bytes_); }
	Data(const Data &) = delete;
	Data &operator=(const Data &) = delete;

	[[nodiscard]] std::size_t size() const noexcept { return size_; }

	/// The `size` bytes from `offset`, or nullptr if they are not all inside.
	[[nodiscard]] char *at(Integer offset, Integer size) const noexcept
	{
		auto limit = static_cast<Integer>(size_);
		return offset < 0 || size < 0 || offset > limit || size > limit - offset ? nullptr : bytes_ + offset;
	}

private:
	char *bytes_;
	std::size_t size_;
};

} // namespace lunatik
