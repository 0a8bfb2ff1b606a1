-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- expect: stopped
-- Every step of next() skips a million empty slots.
local t = {}
for i = 1, 1 << 20 do t[i] = true end
for i = 1, 1 << 20 do t[i] = nil end
while true do next(t) end
