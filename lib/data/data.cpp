// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "data.hpp"

namespace lunatik {

namespace {

// A block above this would not fit what kmalloc and a runtime's cap give anyway.
constexpr Integer size_max = 1LL << 30;

// new(size): zeroed. Errors: ENOMEM. Context: any.
Result<void> create(New<Data> slot, Caller &caller, Within<0, size_max> size) noexcept
{
	auto bytes = TRY(Bytes::allocate(caller.runtime(), static_cast<std::size_t>(size.value)));
	__builtin_memset(bytes.data(), 0, bytes.size());
	auto length = bytes.size();
	slot.emplace(bytes.release(), length);
	return {};
}

Error outside(const Caller &caller) noexcept
{
	return caller.fail("out of bounds", ERANGE);
}

// get<T>(offset) -> integer. Host byte order, any alignment.
template <class T>
Result<Integer> get(Data &self, Caller &caller, Integer offset) noexcept
{
	const char *bytes = self.at(offset, sizeof(T));
	if (!bytes)
		return outside(caller);
	T value;
	__builtin_memcpy(&value, bytes, sizeof(T));
	return static_cast<Integer>(value);
}

// set<T>(offset, integer): its low bits.
template <class T>
Result<void> set(Data &self, Caller &caller, Integer offset, Integer integer) noexcept
{
	char *bytes = self.at(offset, sizeof(T));
	if (!bytes)
		return outside(caller);
	T value = static_cast<T>(integer);
	__builtin_memcpy(bytes, &value, sizeof(T));
	return {};
}

// getstring(offset [, length]) -> string; without length to the end.
Result<Bytes> getstring(Data &self, Caller &caller, Integer offset, std::optional<Integer> length) noexcept
{
	Integer size = length ? *length : static_cast<Integer>(self.size()) - offset;
	const char *bytes = self.at(offset, size);
	if (!bytes)
		return outside(caller);
	auto copy = TRY(Bytes::allocate(caller.runtime(), static_cast<std::size_t>(size)));
	__builtin_memcpy(copy.data(), bytes, copy.size());
	return copy;
}

// setstring(offset, s): all of it, or an error and nothing.
Result<void> setstring(Data &self, Caller &caller, Integer offset, std::string_view text) noexcept
{
	char *bytes = self.at(offset, static_cast<Integer>(text.size()));
	if (!bytes)
		return outside(caller);
	__builtin_memcpy(bytes, text.data(), text.size());
	return {};
}

// #d: the size in bytes.
Result<Integer> length(Data &self) noexcept
{
	return static_cast<Integer>(self.size());
}

#define ACCESSORS(name, type) Method<"get" name, get<type>>, Method<"set" name, set<type>>

using Methods = Functions<ACCESSORS("byte", std::uint8_t), ACCESSORS("int8", std::int8_t), ACCESSORS("uint8", std::uint8_t),
			  ACCESSORS("int16", std::int16_t), ACCESSORS("uint16", std::uint16_t), ACCESSORS("int32", std::int32_t),
			  ACCESSORS("uint32", std::uint32_t), ACCESSORS("int64", std::int64_t), ACCESSORS("number", std::int64_t),
			  Method<"getstring", getstring>, Method<"setstring", setstring>, Method<"__len", length>>;

using Library = Functions<Constructor<"new", create>>;

} // namespace

// Hardirq: data objects go to handlers of every context. No lock: their size never changes, and whoever shares one between
// runtimes sees what another writes byte by byte, as with any shared memory.
constinit const lunatik_class_t Data::info = define_class<Data, Methods>("data", LUNATIK_OPT_HARDIRQ);

LUNATIK_LIBRARY(data, Library, Classes<Data>::list)

} // namespace lunatik
