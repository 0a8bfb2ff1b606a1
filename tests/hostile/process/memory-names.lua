-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- expect: error: not enough memory
-- Global names that never repeat.
for i = 1, math.maxinteger do _G[("name"):rep(500) .. i] = i end
