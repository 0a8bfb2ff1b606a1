-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- expect: error: C stack overflow
-- sort calls back, into sort.
local function f() table.sort({ 1, 2 }, f) end
f()
