-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- expect: error: C stack overflow
-- A reader that loads.
local function f() assert(load(f)) end
f()
