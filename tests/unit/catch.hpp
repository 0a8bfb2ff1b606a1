// SPDX-License-Identifier: MIT OR GPL-2.0-only
/** Catch2, whichever version is installed: 2 has one header of that name, 3 has another. */
#pragma once

#if __has_include(<catch2/catch_all.hpp>)
#include <catch2/catch_all.hpp>
#else
#include <catch2/catch.hpp>
#endif
