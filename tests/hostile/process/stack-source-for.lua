-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- expect: error: 
-- Nesting of statements.
assert(load(("for i = 1, 2 do "):rep(10000)))
