-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- expect: stopped
-- As many results as there is room for, again and again.
local t = {}
for i = 1, 100000 do t[i] = i end
while true do pcall(function() return #table.pack(table.unpack(t)) end) end
