-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- Arithmetic in loops.
return function()
	local sum = 0
	for i = 1, 300 do
		for j = 1, 300 do
			sum = (sum + i * j) % 1000003 ~ j
		end
	end
	return sum
end
