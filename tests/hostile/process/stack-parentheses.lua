-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- expect: error: C stack overflow
-- Ten thousand open parentheses.
assert(load("return " .. ("("):rep(10000) .. "1" .. (")"):rep(10000)))
