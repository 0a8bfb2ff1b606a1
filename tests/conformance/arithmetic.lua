-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- Addition, subtraction, multiplication, negation.
local values = { 0, 1, -1, 2, 7, -7, 100, 255, 65536, math.maxinteger, math.mininteger }
for _, a in ipairs(values) do
	local line = {}
	for _, b in ipairs(values) do line[#line + 1] = a + b line[#line + 1] = a - b line[#line + 1] = a * b end
	print(a, -a, - -a, table.concat(line, " "))
end
print(math.maxinteger + 1 == math.mininteger, math.mininteger - 1 == math.maxinteger, math.maxinteger * 2)
print(10 + 5 * 2 - 3, (10 + 5) * 2, 2 * 3 * 4, 10 - 5 - 2)
local x = 5
print(x + 1, 1 + x, x - 1, 1 - x, x * 3, 3 * x, x + 1000, x - 1000, x + -1, x * -1)
