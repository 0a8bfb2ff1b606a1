-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- expect: ok
-- The strings that gmatch() walks must stay what they are.
local step = ("abc"):rep(1000):gmatch("%a")
for i = 1, 4 do assert(debug.setupvalue(step, i, "short" .. i) == nil) end
collectgarbage()
local n = 0
for _ in step do n = n + 1 end
assert(n == 3000)
