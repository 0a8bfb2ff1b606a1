-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- Integer division and modulo, every combination of signs.
local values = { 1, -1, 2, -2, 3, -3, 7, -7, 10, 1000000007, math.maxinteger, math.mininteger }
for _, a in ipairs(values) do
	local line = {}
	for _, b in ipairs(values) do
		line[#line + 1] = a // b .. ":" .. a % b
		assert(b * (a // b) + a % b == a)
	end
	print(a, table.concat(line, " "))
end
print(0 // 5, 0 % 5, 5 // 7, 5 % 7, -5 // 7, -5 % 7)
print(math.mininteger // -1, math.mininteger % -1)
local x, zero = 17, 0
print(x // 5, x % 5, x // -5, x % -5, 17 // x, 100 % x)
print(pcall(function() return 1 // 0 end))
print(pcall(function() return x // zero end))
print(pcall(function() return 1 % 0 end))
print(pcall(function() return x % zero end))
print(pcall(load("return 5 // 0")))
