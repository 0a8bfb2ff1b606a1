-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- table.sort, by itself and with a comparison in Lua.
return function()
	local numbers, seed = {}, 42
	for i = 1, 1500 do
		seed = (seed * 1103515245 + 12345) % 2147483648
		numbers[i] = seed
	end
	local copy = table.move(numbers, 1, #numbers, 1, {})
	table.sort(numbers)
	table.sort(copy, function(a, b) return a > b end)
	return numbers[1] + copy[1]
end
