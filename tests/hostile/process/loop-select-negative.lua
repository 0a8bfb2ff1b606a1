-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- expect: stopped
-- select from the end, of many.
local t = {}
for i = 1, 5000 do t[i] = i end
while true do select(-1, table.unpack(t)) end
