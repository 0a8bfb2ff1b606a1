// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "lunatik/data.hpp"

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

// Shows what others lend it, and cannot be handed to another runtime, which would use it without their leave.
Result<void> create_window(New<Data> slot, Caller &caller) noexcept
{
	caller.object().opt |= LUNATIK_OPT_SINGLE;
	slot.emplace();
	return {};
}

using Methods = Functions<LUNATIK_BYTE_METHODS(Data), Method<"__len", length_of<Data>>>;
using Library = Functions<Constructor<"new", create>>;
using Window = Constructor<"data", create_window>;

} // namespace

LUNATIK_LIBRARY(data, Library, Classes<Data>::list)

} // namespace lunatik

// Hardirq: data objects go to handlers of every context. No lock: their size never changes, and whoever shares one between
// runtimes sees what another writes byte by byte, as with any shared memory.
constinit const lunatik_class_t lunatik_class_data =
	lunatik::define_class<lunatik::Data, lunatik::Methods>("data", LUNATIK_OPT_HARDIRQ);
constinit const lunatik_function lunatik_companion_data = lunatik::Window::function;
