-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- expect: error: not enough memory
-- A table that grows.
local t = {}
for i = 1, 1 << 60 do t[i] = i end
