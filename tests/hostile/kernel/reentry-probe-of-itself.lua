-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- in: hardirq
-- expect: ok
-- A probe on what handlers do.
-- hook
local t = {}
for i = 1, 1000 do t[i] = { i } end
print("own")
collectgarbage()
