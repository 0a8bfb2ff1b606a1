-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- expect: error: not enough memory
-- A hash that grows.
local t = {}
for i = 1, 1 << 60 do t["k" .. i] = i end
