-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- expect: error: not enough memory
-- Strings are values, never removed from weak tables.
local weak = setmetatable({}, { __mode = "kv" })
for i = 1, math.maxinteger do weak[("key that never repeats "):rep(50) .. i] = i end
