-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- expect: error: not enough memory
-- Functions that consist of constants.
local kept = {}
for i = 1, math.maxinteger do kept[i] = load(("local t = {'%d', %d, '%s%d'} return t"):format(i, i, ("x"):rep(20000), i)) end
