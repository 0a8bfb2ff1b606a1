-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- expect: stopped
-- table.concat through metamethods: the length is a lie.
local t = setmetatable({}, { __len = function() return 1 << 40 end, __index = function() return "" end })
while true do pcall(table.concat, t) end
