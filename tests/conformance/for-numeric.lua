-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- Numeric for, bounds and overflow.
local function collect(a, b, c)
	local line = {}
	for i = a, b, c or 1 do line[#line + 1] = i if #line > 12 then line[#line + 1] = "..." break end end
	print(a, b, c, table.concat(line, " "))
end
collect(1, 5) collect(5, 1) collect(1, 1) collect(5, 1, -1) collect(1, 10, 3) collect(10, 1, -4) collect(-3, 3, 2)
collect(math.maxinteger - 2, math.maxinteger) collect(math.mininteger + 2, math.mininteger, -1)
collect(math.mininteger, math.maxinteger, math.maxinteger) collect(math.maxinteger, math.mininteger, math.mininteger)
collect(1, math.maxinteger, 1 << 62) collect(0, -1) collect(1, 0, -1)
for i = 3, 1 do print("never") end
for i = 1, 3 do local j = i i = 10 print(i, j) end
local n = 3
for i = 1, n do n = 10 print(i) end
print(pcall(function() for i = 1, 10, 0 do end end))
print(pcall(function() for i = {}, 10 do end end))
print(pcall(function() for i = 1, {} do end end))
print(pcall(function() for i = 1, 10, {} do end end))
print(pcall(function() for i = nil, 10 do end end))
print(pcall(function() for i = 1, "x" do end end))
local fs = {}
for i = 1, 3 do fs[i] = function() i = i + 1 return i end end
print(fs[1](), fs[1](), fs[2](), fs[3]())
