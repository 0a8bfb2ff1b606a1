-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- expect: stopped
-- Collecting all the time.
local t = {}
for i = 1, 100000 do t[i] = {} end
while true do collectgarbage("step", 1 << 30) collectgarbage() end
