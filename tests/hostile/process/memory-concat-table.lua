-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- expect: error: not enough memory
-- Elements whose sum is too long.
local s = ("x"):rep(1 << 20)
local t = {}
for i = 1, 100 do t[i] = s end
return table.concat(t)
