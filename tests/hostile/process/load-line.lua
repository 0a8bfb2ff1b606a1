-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- expect: ok
-- A line of a megabyte.
assert(load("return 1" .. (" "):rep(1 << 20) .. "+ 1"))
