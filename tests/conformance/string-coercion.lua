-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- Strings as numbers and numbers as strings.
print("10" + 1, 1 + "10", "3" * "4", "10" - "2", "7" // 2, "7" % "4", -"5", "0x10" + 0, " 10 " + 0, "\t7\n" * 1)
print(10 .. 20, 1 .. "", -1 .. "x", ("5"):rep("2"), ("x"):rep("3"), ("abc"):sub("2", "3"), ("%d"):format("7"), string.char("65"), math.max("10" + 0, 9))
print(#tostring(12345), tostring(10) .. "", 10 == "10", "abc" < "abd", "10" < "9", 10 < 9)
for _, e in ipairs { '"a" + 1', '"" + 1', '" " + 1', '"1x" + 1', '"0x" + 1', '1 + {}', '"5" + {}', '{} + "5"', '-"x"', '-{}', '"1" + nil', '"a" * "b"', '10 .. nil', '"x" // 0', '"1" // 0', '"1" % 0', '"1" // "0"', '"9223372036854775807" + 1', '"abc" < 1', '1 < "abc"', '"1" < 2' } do
	print(e, pcall(load("return " .. e)))
end
local meta = getmetatable("")
print(type(meta.__index), type(meta.__add), type(meta.__sub), type(meta.__mul), type(meta.__mod), type(meta.__idiv), type(meta.__unm), meta.__concat, meta.__lt)
local t = setmetatable({}, { __add = function(a, b) return "t+" .. tostring(b):sub(1, 3) end })
print(t + "x", pcall(function() return "10" + t end))
for i = 1, "3" do io = i end print(io)
print(math.tointeger("5"), math.tointeger("x"), math.tointeger(5), math.tointeger({}), #"5" + "5")
