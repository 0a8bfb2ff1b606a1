-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- expect: error: C stack overflow
-- gsub calls back, into gsub.
local function f() return (("x"):gsub("x", f)) end
f()
