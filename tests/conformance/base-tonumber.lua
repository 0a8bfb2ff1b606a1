-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- tonumber and tostring of integers.
for _, s in ipairs { "10", " 10 ", "-10", "+10", "0x10", "-0x10", "0xffffffffffffffff", "\t5\n", "", " ", "x", "1 2", "10x", "0x", "--1", "9223372036854775807", "-9223372036854775808", "1_0", "\0", "5\0" } do
	print(("%q"):format(s), tonumber(s))
end
print(tonumber(5), tonumber(-5), tonumber(nil), tonumber(true), tonumber({}), tonumber(print))
for base = 2, 36 do print(base, tonumber("10", base), tonumber("zz", base), tonumber("-1", base), tonumber("0", base), tonumber("11", base)) end
print(tonumber("ff", 16), tonumber("FF", 16), tonumber("  ff  ", 16), tonumber("0xff", 16), tonumber("8", 8), tonumber("7", 8), tonumber("1e1", 16), tonumber("zz", 36), tonumber("ZZ", 36), tonumber("", 10), tonumber("-", 10), tonumber("7fffffffffffffff", 16), tonumber("ffffffffffffffffff", 16))
print(pcall(tonumber)) print(pcall(tonumber, 10, 10)) print(pcall(tonumber, "10", 1)) print(pcall(tonumber, "10", 37)) print(pcall(tonumber, "10", "x")) print(pcall(tonumber, {}, 10)) print(pcall(tostring))
print("10" + 5, "0x10" * 2, "7" // "2", "7" % "4", -"3", "10" - 1, " 5 " + 1)
print(math.type == nil or true, tostring(12345678901234), tostring(math.mininteger), tostring(-0))
print(10 == "10", "10" + 0 == 10, tostring(10) == "10")
print(pcall(function() return "abc" + 1 end)) print(pcall(function() return {} + 1 end)) print(pcall(function() return "10" + "x" end))
