-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- Every flag, width and precision of the integer conversions.
local values = { 0, 1, -1, 42, -42, 255, 65535, -65536, math.maxinteger, math.mininteger }
local n, hash = 0, 0
local function try(format, value)
	local text = string.format(format, value)
	n = n + 1
	for i = 1, #text do hash = (hash * 31 + text:byte(i)) % 1000000007 end
	return text
end
local flags = { d = "-+0 ", i = "-+0 ", u = "-0", o = "-#0", x = "-#0", X = "-#0" }
for _, conversion in ipairs { "d", "i", "o", "x", "X" } do
	local all = flags[conversion]
	for mask = 0, (1 << #all) - 1 do
		local chosen = ""
		for i = 1, #all do if mask & (1 << (i - 1)) ~= 0 then chosen = chosen .. all:sub(i, i) end end
		for _, width in ipairs { "", "1", "5", "12", "30" } do
			for _, precision in ipairs { "", ".", ".0", ".1", ".3", ".25" } do
				local format = "%" .. chosen .. width .. precision .. conversion
				for _, value in ipairs(values) do try(format, value) end
			end
		end
	end
	print(conversion, n, hash)
end
for _, format in ipairs { "%d", "%5d", "%-5d|", "%05d", "%+d", "% d", "%+5d", "%.3d", "%5.3d", "%-8.3d|", "%08.3d", "%.0d", "%x", "%#x", "%X", "%#X", "%#010x", "%.8x", "%o", "%#o", "%i" } do
	local line = {}
	for _, value in ipairs { 0, 7, -7, 255 } do line[#line + 1] = "[" .. format:format(value) .. "]" end
	print(format, table.concat(line, " "))
end
print(#("%99.99d"):format(5), #("%.99d"):format(-5), ("%20x"):format(-1), ("%d"):format("123"), ("%d"):format("-0x10"))
print(pcall(string.format, "%d", "12x")) print(pcall(string.format, "%100d", 1)) print(pcall(string.format, "%.100d", 1))
