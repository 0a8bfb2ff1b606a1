-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- expect: error: 
-- Nesting of statements.
assert(load(("repeat "):rep(10000)))
