-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- Concatenation and its conversions.
print("a" .. "b", "a" .. 1, 1 .. "b", 1 .. 2, -1 .. "", "" .. "", "x" .. "" .. "y")
local t = {}
for i = 1, 100 do t[i] = i end
local s = ""
for i = 1, 100 do s = s .. t[i] end
print(#s, s:sub(1, 20))
print("a" .. "b" .. "c" .. 1 .. 2 .. 3 .. "d")
print(("x"):rep(50) .. ("y"):rep(50))
print(#("a\0b" .. "\0c"))
print(math.mininteger .. "|" .. math.maxinteger)
for _, value in ipairs { {}, true, print } do
	print((pcall(function() return "x" .. value end)))
end
print(pcall(function() return "x" .. nil end))
print(pcall(function() local t = {} return t.x .. "y" end))
print(pcall(function() local t = {} return "y" .. t end))
print(pcall(function() return 1 .. true end))
print(pcall(function() return undefined .. "x" end))
