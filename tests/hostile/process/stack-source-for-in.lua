-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- expect: error: 
-- Nesting of statements.
assert(load(("for i in a do "):rep(10000)))
