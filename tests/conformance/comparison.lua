-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- Order and equality of all types.
local numbers = { math.mininteger, -1, 0, 1, 2, math.maxinteger }
for _, a in ipairs(numbers) do
	local line = {}
	for _, b in ipairs(numbers) do
		line[#line + 1] = tostring(a < b):sub(1, 1) .. tostring(a <= b):sub(1, 1) .. tostring(a > b):sub(1, 1) ..
			tostring(a >= b):sub(1, 1) .. tostring(a == b):sub(1, 1) .. tostring(a ~= b):sub(1, 1)
	end
	print(a, table.concat(line, " "))
end
local strings = { "", "\0", "a", "a\0", "a\0b", "aa", "ab", "b", "A", "Z", "10", "9", "\xff" }
for _, a in ipairs(strings) do
	local line = {}
	for _, b in ipairs(strings) do line[#line + 1] = a < b and "<" or a == b and "=" or ">" assert((a <= b) == not (b < a)) end
	print(#a, table.concat(line))
end
local x = 5
print(x < 10, x > 10, x <= 5, x >= 5, 10 < x, 10 > x, x == 5, x ~= 5, 5 == x, x < -1, x > -1, x == 5000000)
print(1 == "1", 0 == false, nil == false, {} == {}, print == print, "a" == "a", "10" + 0 == 10)
for _, pair in ipairs { { 1, "1" }, { {}, {} }, { nil, 1 }, { true, false }, { print, print }, { "a", 1 }, { 1, {} } } do
	print(pcall(function() return pair[1] < pair[2] end))
	print(pcall(function() return pair[1] >= pair[2] end))
end
print(pcall(function() return 1 < "x" end))
print(pcall(function() return {} <= 1 end))
