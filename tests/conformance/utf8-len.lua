-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- utf8.len, offset and codes.
print(utf8.len(""), utf8.len("abc"), utf8.len("äöü"), utf8.len("a€😀"), utf8.len("äöü", 3), utf8.len("äöü", -2), utf8.len("äöü", 1, 2), utf8.len("abc", 4), utf8.len("abc", 3, 2))
print(utf8.len("\xff")) print(utf8.len("ab\x80c")) print(utf8.len("ä", 2)) print(utf8.len("\xe2\x82")) print(utf8.len("\xed\xa0\x80")) print(utf8.len("\xed\xa0\x80", 1, -1, true)) print(utf8.len("\xf7\xbf\xbf\xbf", 1, -1, true)) print(utf8.len("\xc0\x80")) print(utf8.len("\xfd\xbf\xbf\xbf\xbf\xbf", 1, -1, true))
print(pcall(utf8.len, "abc", 5)) print(pcall(utf8.len, "abc", 1, 4)) print(pcall(utf8.len, "abc", 0)) print(pcall(utf8.len)) print(pcall(utf8.len, {}))
local s = "aä€😀z"
for n = -7, 7 do print(n, utf8.offset(s, n)) end
print(utf8.offset(s, 0, 3), utf8.offset(s, 0, 4), utf8.offset(s, 0, 5), utf8.offset(s, 1, 2), utf8.offset(s, 2, 2), utf8.offset(s, -1, 4), utf8.offset("", 1), utf8.offset("", 0), utf8.offset("", 2))
print(pcall(utf8.offset, s, 1, 3)) print(pcall(utf8.offset, s, 1, 100)) print(pcall(utf8.offset, s)) print(pcall(utf8.offset, s, 1, -100)) print(pcall(utf8.offset, s, "x"))
for p, c in utf8.codes(s) do print(p, c) end
for p, c in utf8.codes("") do print("never") end
print(pcall(function() for p, c in utf8.codes("ab\xffc") do io = p end end)) print(io) print(pcall(function() for p, c in utf8.codes("a\xe2\x82") do end end)) print(pcall(function() for p, c in utf8.codes("\xed\xa0\x80") do end end)) for p, c in utf8.codes("\xed\xa0\x80", true) do print(p, c) end print(pcall(utf8.codes)) print(pcall(function() for p, c in utf8.codes("\x80") do end end)) print(pcall(function() for p, c in utf8.codes("ä\x80") do end end))
print(utf8.len(("ä"):rep(1000)), utf8.offset(("ä"):rep(1000), 500))
local reversed = {} for _, c in utf8.codes(s) do table.insert(reversed, 1, utf8.char(c)) end print(table.concat(reversed))
