-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- Making closures and calling them.
return function()
	local sum = 0
	for i = 1, 20000 do
		local function add(n) sum = sum + n + i end
		add(1)
	end
	return sum
end
