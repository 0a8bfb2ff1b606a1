-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- Bitwise operators and shifts.
local values = { 0, 1, -1, 5, 0xff, 0x0f0f, 1 << 31, 1 << 62, math.maxinteger, math.mininteger }
for _, a in ipairs(values) do
	local line = { ~a }
	for _, b in ipairs(values) do line[#line + 1] = a & b line[#line + 1] = a | b line[#line + 1] = a ~ b end
	print(a, table.concat(line, " "))
end
for n = -70, 70, 7 do print(n, 1 << n, 1 >> n, -1 << n, -1 >> n, 0x123456789abcdef << n, 0x123456789abcdef >> n) end
print(1 << 63, 1 << 64, 1 >> 64, -1 >> 1, -1 >> 63, -1 >> 64)
print(pcall(function() return "5" & 3 end))
print(pcall(function() return 5 | "0x10" end))
print(pcall(function() return ~"0" end))
print(pcall(function() return "1" << "4" end))
local x = 6
print(x & 3, 3 & x, x | 9, 9 | x, x ~ 5, 5 ~ x, x << 2, 2 << x, x >> 1, 1024 >> x, ~x, ~~x)
print(pcall(function() return 1 & {} end))
print(pcall(function() return "x" | 1 end))
print(pcall(function() local t = {} return t ~ 1 end))
print(pcall(function() return ~nil end))
print(pcall(function() return undefined << 1 end))
