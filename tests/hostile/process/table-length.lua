-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- expect: stopped
-- The border of a table that is asked for again and again.
local t = {}
for i = 1, 1 << 20 do t[i] = i end
while true do local n = #t end
