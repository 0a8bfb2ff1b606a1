-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- expect: error: stack overflow
-- Lua functions recurse on the Lua stack.
local function f() return 1 + f() end
f()
