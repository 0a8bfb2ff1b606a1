-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- expect: stopped
-- table.sort through metamethods of an empty table.
local t = setmetatable({}, { __len = function() return 1 << 30 end, __index = function(_, i) return i * 7 % 31 end, __newindex = function() end })
while true do pcall(table.sort, t) end
