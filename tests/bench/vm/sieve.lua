-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- Reads and writes of a table's array.
return function()
	local composite, primes = {}, 0
	for i = 2, 20000 do
		if not composite[i] then
			primes = primes + 1
			for j = i * i, 20000, i do composite[j] = true end
		end
	end
	return primes
end
