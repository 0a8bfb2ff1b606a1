/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * Name<N>: a bounded string inside another object, and cut(). It never allocates and never fails: what is too long is refused
 * by whoever checks fits() first, or cut.
 */
#pragma once

#include <cstddef>
#include <string_view>

namespace lunatik {

/// The part of `text` from `position`, of at most `count` bytes; empty behind its end. (substr() would have to throw.)
[[nodiscard]] constexpr std::string_view cut(std::string_view text, std::size_t position,
					     std::size_t count = std::string_view::npos) noexcept
{
	text.remove_prefix(position < text.size() ? position : text.size());
	text.remove_suffix(count < text.size() ? text.size() - count : 0);
	return text;
}

/// At most N bytes and a terminating zero.
template <std::size_t N>
class Name final {
public:
	constexpr Name() noexcept = default;
	constexpr explicit Name(std::string_view text) noexcept { assign(text); }

	constexpr void assign(std::string_view text) noexcept
	{
		size_ = text.size() < N ? text.size() : N;
		for (std::size_t i = 0; i < size_; i++)
			text_[i] = text[i];
		text_[size_] = 0;
	}
	constexpr void append(std::string_view text) noexcept
	{
		for (std::size_t i = 0; i < text.size() && size_ < N; i++)
			text_[size_++] = text[i];
		text_[size_] = 0;
	}
	constexpr void append_decimal(unsigned number) noexcept
	{
		if (number >= 10)
			append_decimal(number / 10);
		char digit = static_cast<char>('0' + number % 10);
		append({ &digit, 1 });
	}
	/// Replaces control characters: what came from outside stays on its line of a message.
	constexpr void make_printable() noexcept
	{
		for (std::size_t i = 0; i < size_; i++) {
			auto c = static_cast<unsigned char>(text_[i]);
			if (c < ' ' || c == 127)
				text_[i] = '?';
		}
	}
	constexpr void clear() noexcept { assign({}); }
	[[nodiscard]] static constexpr bool fits(std::string_view text) noexcept { return text.size() <= N; }
	[[nodiscard]] constexpr bool full() const noexcept { return size_ == N; }
	[[nodiscard]] constexpr bool empty() const noexcept { return !size_; }
	[[nodiscard]] constexpr std::string_view view() const noexcept { return { text_, size_ }; }
	[[nodiscard]] constexpr const char *c_str() const noexcept { return text_; }

private:
	char text_[N + 1]{};
	std::size_t size_ = 0;
};

} // namespace lunatik
