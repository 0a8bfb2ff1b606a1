// SPDX-License-Identifier: MIT OR GPL-2.0-only
// Catch2 2 makes main() here; Catch2 3 links it from a library of its own.
#if !__has_include(<catch2/catch_all.hpp>)
#define CATCH_CONFIG_MAIN
#include <catch2/catch.hpp>
#endif
