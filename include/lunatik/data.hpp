/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * The class "data": a piece of memory that scripts read and write by offset. Other classes lend it theirs: a packet's bytes for
 * as long as a hook has the packet. lunatik_data.ko exports what is declared here.
 */
#pragma once

#include "lunatik/bytes.hpp"

extern "C" {
extern const lunatik_class_t lunatik_class_data;
/* What makes a data object that has nothing yet, as a Companion<> of what will lend to it. */
extern const lunatik_function lunatik_companion_data;
}

namespace lunatik {

/// Whose memory a data object shows.
class Lender {
public:
	/// Makes all of what was lent writable, and lends it again where it lies now. Errors: ENOMEM, EBUSY.
	virtual Result<void> unshare() noexcept = 0;

protected:
	~Lender() = default;
};

/// Bytes of its own, or of somebody else's for as long as that lets it.
class Data final {
public:
	static constexpr const lunatik_class_t &info = lunatik_class_data;
	static constexpr const lunatik_function &companion = lunatik_companion_data;

	/// Owns `bytes`, which lunatik_bytes() gave.
	Data(char *bytes, std::size_t size) noexcept : bytes_(bytes), size_(static_cast<Integer>(size)), own_(true), writable_(true) {}
	/// Shows what it is lent.
	Data() noexcept : bytes_(nullptr), size_(0), own_(false), writable_(false) {}
	~Data()
	{
		if (own_)
			lunatik_freebytes(bytes_);
	}
	Data(const Data &) = delete;
	Data &operator=(const Data &) = delete;

	/// Shows these bytes, until the next call; `writable` says that nobody else has them. `size` is at most 2^31.
	void lend(Lender &lender, char *bytes, std::size_t size, bool writable) noexcept
	{
		lender_ = &lender;
		bytes_ = bytes;
		size_ = static_cast<Integer>(size);
		writable_ = writable;
	}
	/// The same for a lender that stays what it was when it lent before: other bytes, as writable as those.
	void lend_again(char *bytes, std::size_t size) noexcept
	{
		bytes_ = bytes;
		size_ = static_cast<Integer>(size);
	}
	/// Shows nothing: the lender's memory goes.
	void give_back() noexcept
	{
		bytes_ = nullptr;
		size_ = 0;
	}

	[[nodiscard]] Integer length() const noexcept { return size_; }
	[[nodiscard]] const char *readable(Integer offset, Integer size) const noexcept { return at(offset, size); }
	[[nodiscard]] char *writable(Integer offset, Integer size) noexcept { return writable_ ? at(offset, size) : nullptr; }
	Result<void> read(Caller &caller, Integer offset, void *to, Integer size) noexcept
	{
		const char *bytes = at(offset, size);
		if (!bytes)
			return outside(caller);
		__builtin_memcpy(to, bytes, static_cast<std::size_t>(size));
		return {};
	}
	Result<char *> prepare(Caller &caller, Integer offset, Integer size) noexcept
	{
		if (!at(offset, size))
			return outside(caller);
		if (!writable_) {
			if (auto done = lender_->unshare(); !done)
				return done.error();
		}
		return at(offset, size);
	}

private:
	/// The `size` bytes from `offset`, or nullptr if they are not all inside.
	[[nodiscard]] char *at(Integer offset, Integer size) const noexcept
	{
		return offset < 0 || size < 0 || offset > size_ || size > size_ - offset || !bytes_ ? nullptr : bytes_ + offset;
	}
	[[nodiscard]] Error outside(Caller &caller) const noexcept
	{
		if (!bytes_)
			return caller.fail("what this data shows is gone");
		return out_of_bounds(caller);
	}

	char *bytes_;
	Integer size_;
	bool own_;
	bool writable_;
	Lender *lender_ = nullptr;
};

} // namespace lunatik
