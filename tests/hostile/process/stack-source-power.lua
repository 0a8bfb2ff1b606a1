-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- expect: error: 
-- Nesting in an expression.
assert(load("return " .. ("a ^ "):rep(10000) .. "1"))
