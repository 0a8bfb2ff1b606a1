// SPDX-License-Identifier: MIT OR GPL-2.0-only
/** Catch2, whichever version is installed: 2 has one header of its name, 3 has another, and renamed its matchers. */
#pragma once

#if __has_include(<catch2/catch_all.hpp>)
#include <catch2/catch_all.hpp>
#else
#include <catch2/catch.hpp>
#endif

/** Matches text that has `part` in it. */
inline auto has(const std::string &part)
{
#if __has_include(<catch2/catch_all.hpp>)
	return Catch::Matchers::ContainsSubstring(part);
#else
	return Catch::Matchers::Contains(part);
#endif
}

/** Matches text that begins with `part`. */
inline auto begins_with(const std::string &part)
{
	return Catch::Matchers::StartsWith(part);
}
