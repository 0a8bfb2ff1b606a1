-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- expect: error: not enough memory
-- Many strings.
local t = {}
for i = 1, 1 << 60 do t[#t + 1] = ("x"):rep(1000) .. i end
