/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* What the library "lunatik" is made of, in two files: library.cpp and, for what may raise, vm/edge_lunatik.cpp. */
#pragma once

#include "lunatik.hpp"
#include "runtime/runtime.hpp"

namespace lunatik {

/// runtime:resume(...): any number of values both ways, so it is not one of the typed methods.
struct ResumeMethod {
	static constexpr Text name{ "resume" };
	static constexpr lunatik_function function{ .name = name.value,
						    .body = nullptr,
						    .parameters = nullptr,
						    .parameter_count = 0,
						    .flags = LUNATIK_FUNCTION_METHOD | LUNATIK_FUNCTION_SLEEPS |
							     LUNATIK_FUNCTION_VARARGS,
						    .size = 0,
						    .class_ = &Runtime::info };
	static int call(lua_State *L) noexcept;
};

/// The library's table, without _ENV.
extern const lunatik_library lunatik_library_core;

} // namespace lunatik
