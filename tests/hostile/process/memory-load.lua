-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- expect: error: 
-- A source without end: its constants, lines and instructions do not fit.
local n = 0
assert(load(function() n = n + 1 return "x = " .. n .. " " end))
