-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- expect: error: stack overflow
-- An overflow deep in Lua functions, with a traceback of all of it.
local function f() return 1 + f() end
local ok, m = xpcall(f, debug.traceback)
assert(#m < 4096)
error(m, 0)
