-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- expect: error: handled: 
-- A handler runs after an overflow of the C stack.
local function f() return (("x"):gsub("x", f)) end
local ok, m = xpcall(f, function(m) return "handled: " .. m end)
error(m, 0)
