-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- expect: stopped
-- sort recurses into the smaller part of what __len says.
local n = (1 << 31) - 2
local t = setmetatable({}, { __len = function() return n end, __index = function(_, i) return i end, __newindex = function() end })
local function f() table.sort(t, function(a, b) return a < b end) end
f()
