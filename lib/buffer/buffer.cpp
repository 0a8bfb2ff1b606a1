// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "buffer.hpp"

namespace lunatik {

namespace {

// new(size): zeroed. Errors: ENOMEM. Context: any.
Result<void> create(New<Buffered> slot, Caller &caller, Within<0, Buffered::size_max> size) noexcept
{
	auto bytes = TRY(Bytes::allocate(caller.runtime(), static_cast<std::size_t>(size.value)));
	__builtin_memset(bytes.data(), 0, bytes.size());
	slot.emplace(std::move(bytes));
	return {};
}

// buf[i] -> the byte.
Result<Integer> index(Buffered &self, Caller &caller, Integer i) noexcept
{
	const char *byte = self.at(i);
	if (!byte)
		return caller.fail("out of bounds", ERANGE);
	return static_cast<unsigned char>(*byte);
}

// buf[i] = byte.
Result<void> set(Buffered &self, Caller &caller, Integer i, Within<0, 255> value) noexcept
{
	char *byte = self.at(i);
	if (!byte)
		return caller.fail("out of bounds", ERANGE);
	*byte = static_cast<char>(value.value);
	return {};
}

// #buf: the size in bytes.
Result<Integer> length(Buffered &self) noexcept
{
	return static_cast<Integer>(self.view().size());
}

// tostring(buf): its bytes.
Result<Bytes> text(Buffered &self, Caller &caller) noexcept
{
	auto copy = TRY(Bytes::allocate(caller.runtime(), self.view().size()));
	__builtin_memcpy(copy.data(), self.view().data(), copy.size());
	return copy;
}

using Methods = Functions<Method<"__index", index>, Method<"__newindex", set>, Method<"__len", length>, Method<"__tostring", text>>;
using Library = Functions<Constructor<"new", create>>;

} // namespace

LUNATIK_LIBRARY(buffer, Library, Classes<Buffered>::list)

} // namespace lunatik

// Hardirq: buffers go to handlers of every context. No lock: their size never changes, and whoever shares one between runtimes
// sees what another writes byte by byte, as with any shared memory.
constinit const lunatik_class_t lunatik_class_buffer =
	lunatik::define_class<lunatik::Buffered, lunatik::Methods>("buffer", LUNATIK_OPT_HARDIRQ);
