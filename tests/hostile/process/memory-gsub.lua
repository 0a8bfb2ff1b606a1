-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- expect: error: not enough memory
-- A substitution that grows the string.
local s = "x"
while true do s = s:gsub("x", "xx") end
