-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- utf8.char, codepoint and charpattern.
print(utf8.char(), utf8.char(65), utf8.char(228, 8364, 128512), utf8.char(0):byte(), #utf8.char(0x7f), #utf8.char(0x80), #utf8.char(0x7ff), #utf8.char(0x800), #utf8.char(0xffff), #utf8.char(0x10000), #utf8.char(0x10ffff), #utf8.char(0x1fffff), #utf8.char(0x200000), #utf8.char(0x3ffffff), #utf8.char(0x4000000), #utf8.char(0x7fffffff))
print(utf8.codepoint("A"), utf8.codepoint("äöü", 1, -1)) print(utf8.codepoint("€uro")) print(utf8.codepoint("€uro", 4)) print(utf8.codepoint("😀x", 1, 5)) print(utf8.codepoint("abc", 2, 3)) print(utf8.codepoint("abc", -1)) print(select("#", utf8.codepoint("abc", 3, 2)))
print(pcall(utf8.codepoint, "abc", 4)) print(pcall(utf8.codepoint, "abc", 1, 4)) print(pcall(utf8.codepoint, "ä", 2)) print(pcall(utf8.codepoint, "\xff")) print(pcall(utf8.codepoint, "\xc3")) print(pcall(utf8.codepoint, "\xed\xa0\x80")) print(utf8.codepoint("\xed\xa0\x80", 1, 1, true)) print(pcall(utf8.codepoint, "\xf4\x90\x80\x80")) print(utf8.codepoint("\xf4\x90\x80\x80", 1, 1, true)) print(pcall(utf8.codepoint, "\xc0\x80")) print(pcall(utf8.codepoint))
print(pcall(utf8.char, -1)) print(pcall(utf8.char, 0x80000000)) print(pcall(utf8.char, "x")) print(#utf8.charpattern, utf8.charpattern == "[\0-\x7F\xC2-\xFD][\x80-\xBF]*")
for c in ("aä€😀"):gmatch(utf8.charpattern) do print(#c, utf8.codepoint(c)) end
for _, cp in ipairs { 0, 127, 128, 2047, 2048, 55295, 57344, 65535, 65536, 1114111 } do assert(utf8.codepoint(utf8.char(cp)) == cp) end
print(utf8.char(72, 228, 8364) == "Hä€", utf8.char(table.unpack { 76, 117, 97 }))
