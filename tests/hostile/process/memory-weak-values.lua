-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- expect: error: not enough memory
-- A weak table is no way around the cap: something else holds what is in it.
local weak, kept = setmetatable({}, { __mode = "v" }), {}
for i = 1, math.maxinteger do
	local value = { i }
	weak[i], kept[i] = value, value
end
