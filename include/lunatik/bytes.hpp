/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * Methods that read and write bytes by offset, for every class that is a piece of memory to a script. A class C has
 *
 *	const char *readable(Integer offset, Integer size) const;	// these bytes, or nullptr if they are not at hand
 *	char *writable(Integer offset, Integer size);			// the same, if they may be written now
 *	Result<void> read(Caller &caller, Integer offset, void *to, Integer size);
 *	Result<char *> prepare(Caller &caller, Integer offset, Integer size);	// what it takes to write them
 *	Integer length() const;
 *
 * of which the first two are the short way, and the others say what is wrong. All offsets count from 0, all integers are in the
 * machine's byte order, at any alignment. Context: any.
 */
#pragma once

#include "lunatik.hpp"

namespace lunatik {

/// What every access beyond the end raises.
inline Error out_of_bounds(const Caller &caller) noexcept
{
	return caller.fail("out of bounds", ERANGE);
}

/// The accessors of a class C for an integer type T.
template <class C, class T>
struct IntegerAt {
	static std::optional<Integer> peek(C &self, Integer offset) noexcept
	{
		const char *bytes = self.readable(offset, sizeof(T));
		if (!bytes)
			return std::nullopt;
		T value;
		__builtin_memcpy(&value, bytes, sizeof(T));
		return static_cast<Integer>(value);
	}
	static bool poke(C &self, Integer offset, Integer integer) noexcept
	{
		char *bytes = self.writable(offset, sizeof(T));
		if (!bytes)
			return false;
		T value = static_cast<T>(integer);
		__builtin_memcpy(bytes, &value, sizeof(T));
		return true;
	}
	// get(offset) -> integer.
	static Result<Integer> get(C &self, Caller &caller, Integer offset) noexcept
	{
		T value;
		if (auto done = self.read(caller, offset, &value, sizeof(T)); !done)
			return done.error();
		return static_cast<Integer>(value);
	}
	// set(offset, integer): its low bits.
	static Result<void> set(C &self, Caller &caller, Integer offset, Integer integer) noexcept
	{
		char *bytes = TRY(self.prepare(caller, offset, sizeof(T)));
		T value = static_cast<T>(integer);
		__builtin_memcpy(bytes, &value, sizeof(T));
		return {};
	}
};

/// getstring(offset [, length]) -> string; without length to the end.
template <class C>
Result<Bytes> get_string(C &self, Caller &caller, Integer offset, std::optional<Integer> length) noexcept
{
	Integer size = length ? *length : self.length() - offset;
	if (offset < 0 || size < 0 || offset > self.length() || size > self.length() - offset)
		return out_of_bounds(caller);
	auto copy = TRY(Bytes::allocate(caller.runtime(), static_cast<std::size_t>(size)));
	if (auto done = self.read(caller, offset, copy.data(), size); !done)
		return done.error();
	return copy;
}

/// setstring(offset, s): all of it, or an error and nothing.
template <class C>
Result<void> set_string(C &self, Caller &caller, Integer offset, std::string_view text) noexcept
{
	char *bytes = TRY(self.prepare(caller, offset, static_cast<Integer>(text.size())));
	__builtin_memcpy(bytes, text.data(), text.size());
	return {};
}

/// What `__len` is: #d is the size in bytes.
template <class C>
Result<Integer> length_of(C &self) noexcept
{
	return self.length();
}

#define LUNATIK_INTEGER_AT(C, name, type) \
	::lunatik::Method<"get" name, ::lunatik::IntegerAt<C, type>::get, 0, ::lunatik::IntegerAt<C, type>::peek>, \
		::lunatik::Method<"set" name, ::lunatik::IntegerAt<C, type>::set, 0, ::lunatik::IntegerAt<C, type>::poke>

/// The methods, for a Functions<> list.
#define LUNATIK_BYTE_METHODS(C) \
	LUNATIK_INTEGER_AT(C, "byte", std::uint8_t), LUNATIK_INTEGER_AT(C, "int8", std::int8_t), \
		LUNATIK_INTEGER_AT(C, "uint8", std::uint8_t), LUNATIK_INTEGER_AT(C, "int16", std::int16_t), \
		LUNATIK_INTEGER_AT(C, "uint16", std::uint16_t), LUNATIK_INTEGER_AT(C, "int32", std::int32_t), \
		LUNATIK_INTEGER_AT(C, "uint32", std::uint32_t), LUNATIK_INTEGER_AT(C, "int64", std::int64_t), \
		LUNATIK_INTEGER_AT(C, "number", std::int64_t), ::lunatik::Method<"getstring", ::lunatik::get_string<C>>, \
		::lunatik::Method<"setstring", ::lunatik::set_string<C>>

} // namespace lunatik
