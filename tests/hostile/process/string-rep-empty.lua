-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- expect: ok
-- Nothing, 2^60 times, is nothing.
assert((""):rep(1 << 60) == "" and (""):rep(1 << 60, "") == "")
