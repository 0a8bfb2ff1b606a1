/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* The class "buffer": bytes that scripts read and write as buf[i], and that other libraries take and give. */
#pragma once

#include "lunatik.hpp"

extern "C" {
/// The class, of lunatik_buffer.ko. A library that makes buffers lists it among its own.
extern const lunatik_class_t lunatik_class_buffer;
}

namespace lunatik {

/// Bytes of its own, of a size that never changes.
class Buffered final {
public:
	static constexpr const lunatik_class_t &info = lunatik_class_buffer;
	static constexpr Integer size_max = 1LL << 30;

	/// Takes over what lunatik_bytes() gave.
	explicit Buffered(Bytes bytes) noexcept : size_(bytes.size()), bytes_(bytes.release()) {}
	~Buffered() { lunatik_freebytes(bytes_); }
	Buffered(const Buffered &) = delete;
	Buffered &operator=(const Buffered &) = delete;

	[[nodiscard]] std::string_view view() const noexcept { return { bytes_, size_ }; }
	/// Byte `index`, counted from 1 as in a table; nullptr if there is none.
	[[nodiscard]] char *at(Integer index) const noexcept
	{
		return index < 1 || index > static_cast<Integer>(size_) ? nullptr : bytes_ + (index - 1);
	}

private:
	std::size_t size_;
	char *bytes_;
};

} // namespace lunatik
