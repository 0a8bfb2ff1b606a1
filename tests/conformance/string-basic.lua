-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- len, sub, upper, lower, rep, reverse, byte, char.
local s = "Hello, World"
for i = -14, 14, 3 do for j = -14, 14, 5 do io = s:sub(i, j) print(i, j, #io, io) end end
print(s:sub(3), s:sub(-3), s:sub(0), s:sub(2, 2), s:sub(5, 4), s:sub(100), s:sub(-100, 3), s:sub(math.mininteger, math.maxinteger))
print(s:len(), s:upper(), s:lower(), s:reverse(), #s:rep(3), s:rep(0), s:rep(-1), ("ab"):rep(3, "-"), ("x"):rep(1, "sep"), (""):rep(100), (""):rep(3, ","))
print(("ÄÖÜäöü"):upper() == "ÄÖÜäöü", ("\0a\0"):len(), ("\0a\0"):upper():byte(1, -1))
print(s:byte(), s:byte(2), s:byte(-1), s:byte(1, 3), s:byte(100), s:byte(3, 2), s:byte(-3, -1))
print(select("#", s:byte(1, -1)), select("#", (""):byte()), ("\255\0\128"):byte(1, -1))
print(string.char(), string.char(72, 105), string.char(0):byte(), #string.char(0, 255, 128), string.char(table.unpack { 97, 98, 99 }))
local all = {} for i = 0, 255 do all[#all + 1] = string.char(i) end
all = table.concat(all)
local sum = 0 for i = 1, 256 do sum = sum + all:byte(i) * i end print(#all, sum)
print((all:upper():gsub("[^A-Z]", "")), (all:lower():gsub("[^a-z]", "")))
print(pcall(string.char, 256)) print(pcall(string.char, -1)) print(pcall(string.char, "x")) print(pcall(string.rep)) print(pcall(string.rep, "x")) print(pcall(string.rep, "x", {})) print(pcall(string.rep, "x", 1 << 40)) print(pcall(string.sub)) print(pcall(string.sub, "x")) print(pcall(string.sub, {}, 1)) print(pcall(string.byte, "x", "y")) print(pcall(string.upper)) print(pcall(string.len, nil)) print(pcall(string.reverse, true))
print(string.rep(5, 3), string.len(12345), string.sub(12345, 2, 3), string.upper(1))
print(("x"):len(), #"x" == ("x"):len(), ("%d"):rep(2, "|"):format(1, 2))
