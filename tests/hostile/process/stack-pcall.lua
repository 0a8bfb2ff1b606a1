-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- expect: error: C stack overflow
-- pcall in pcall.
local function f() assert(pcall(f)) end
f()
