/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * Errors as values: Error, Result<T> and TRY. Freestanding; the host's unit tests compile it too.
 */
#pragma once

#include <new>
#include <type_traits>
#include <utility>

namespace lunatik {

/// A kernel errno. Always holds a positive code: there is no "no error" Error, so an error path cannot report success.
class Error final {
public:
	/// From a positive constant: `Error(ENOMEM)`.
	constexpr explicit Error(int code) noexcept : code_(code > 0 ? code : -code) {}

	/// The positive errno.
	[[nodiscard]] constexpr int code() const noexcept { return code_; }
	/// The negative errno, as kernel functions return it.
	[[nodiscard]] constexpr int negative() const noexcept { return -code_; }

	constexpr bool operator==(const Error &) const noexcept = default;

private:
	int code_;
};

/// Either a T or an Error.
template <class T>
class [[nodiscard]] Result final {
public:
	Result(T value) noexcept : value_(std::move(value)) {}
	Result(Error error) noexcept : error_(error.code()) {}
	Result(Result &&other) noexcept : error_(other.error_)
	{
		if (!error_)
			::new (static_cast<void *>(&value_)) T(std::move(other.value_));
	}
	Result(const Result &) = delete;
	Result &operator=(const Result &) = delete;
	Result &operator=(Result &&) = delete;
	~Result()
	{
		if (!error_)
			value_.~T();
	}

	[[nodiscard]] explicit operator bool() const noexcept { return !error_; }
	[[nodiscard]] Error error() const noexcept { return Error(error_); }
	[[nodiscard]] T &operator*() noexcept { return value_; }
	[[nodiscard]] T *operator->() noexcept { return &value_; }
	[[nodiscard]] T take() noexcept { return std::move(value_); }

private:
	int error_ = 0;
	union {
		T value_;
	};
};

/// Success without a value, or an Error.
template <>
class [[nodiscard]] Result<void> final {
public:
	constexpr Result() noexcept = default;
	constexpr Result(Error error) noexcept : error_(error.code()) {}

	/// From what a kernel function returns: negative is an error, anything else success.
	static constexpr Result from(long value) noexcept { return value < 0 ? Result(Error(static_cast<int>(-value))) : Result(); }

	[[nodiscard]] constexpr explicit operator bool() const noexcept { return !error_; }
	[[nodiscard]] constexpr Error error() const noexcept { return Error(error_); }
	constexpr void take() const noexcept {}
	/// 0 or the negative errno, as kernel functions return it.
	[[nodiscard]] constexpr int negative() const noexcept { return -error_; }

private:
	int error_ = 0;
};

/// Turns what a kernel function returns (a count, or a negative errno) into a Result.
template <class T>
[[nodiscard]] inline Result<T> checked(long value) noexcept
{
	if (value < 0)
		return Error(static_cast<int>(-value));
	return static_cast<T>(value);
}

} // namespace lunatik

/// Evaluates to the value of a Result, or returns its Error from the enclosing function.
#define TRY(expression) \
	({ \
		auto result_of_try_ = (expression); \
		if (!result_of_try_) \
			return result_of_try_.error(); \
		result_of_try_.take(); \
	})
