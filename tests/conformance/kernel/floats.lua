-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- There are no floats: numerals, operators, formats and conversions say so.
for _, source in ipairs { "3.5", "1e3", "0x1p4", ".5", "3.0", "3.", "9223372036854775808", "0x.8", "1e", "1E+5", "-1.5" } do
	print(source, load("return " .. source, "=s"))
end
local function why(f, ...) return (select(2, pcall(f, ...)):gsub("^.-:(%d+): ", "line %1: ")) end
local a, b = 7, 2
print(why(function() return 1 / 2 end)) print(why(function() return a / b end)) print(why(function() return a / 2 end)) print(why(function() return 2 / a end))
print(why(function() return 2 ^ 3 end)) print(why(function() return a ^ b end)) print(why(function() return a ^ 2 end)) print(why(function() return 2 ^ a end))
print(why(function() return "4" / "2" end)) print(why(function() return "4" ^ 2 end))
print(why(function()
	local x = 1
	return x / x
end))
print(why(function() return {} / 2 end)) print(why(function() return nil ^ 2 end)) print(why(function() return undefined / 2 end))
local t = setmetatable({}, { __div = function(p, q) return "div" end, __pow = function(p, q) return "pow" end })
print(t / 1, 1 / t, t ^ 2, 2 ^ t, t / t, t / nil, "x" / t)
for _, f in ipairs { "%f", "%g", "%e", "%a", "%G", "%E", "%A", "%5.2f" } do print(f, why(string.format, f, 1)) end
for _, f in ipairs { "f", "d", "n" } do print(f, why(string.pack, f, 1), why(string.unpack, f, ("\0"):rep(8))) end
print(string.packsize("f"), string.packsize("d"), string.packsize("n"))
print(tonumber("1.5"), tonumber("1e1"), tonumber("inf"), tonumber("nan"), tonumber("0x1p4"), tonumber("9223372036854775808"), tonumber(".5"))
print(why(function() return "1.5" + 1 end)) print(why(function() return ("x"):rep("1.5") end)) print(why(string.rep, "x", "1e1"))
print(why(function() for i = 1, "1.5" do end end)) print(why(function() for i = "1", 2 do end end)) print(why(function() for i = 1, 2, "1" do end end))
print(load("for i = 1, 2, 0.5 do end", "=s"))
print(5 // 2, -5 // 2, 5 % -3, 7 // 7, tostring(10), 10 == 10)
print(("%q"):format(5), ("%s"):format(5), ("%d"):format(5), 5 .. "")
