-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- find with plain text, patterns, positions and captures.
local s = "hello world, hello Lua"
print(s:find("hello")) print(s:find("hello", 2)) print(s:find("xyz")) print(s:find("")) print(s:find("", 10)) print(s:find("", 100)) print(s:find("", #s + 1)) print((""):find("")) print((""):find("x"))
print(s:find("l+")) print(s:find("(l+)(o)")) print(s:find("()ll()")) print(s:find("o w")) print(s:find("o%sw")) print(s:find("^hello")) print(s:find("^world")) print(s:find("Lua$")) print(s:find("hello$")) print(s:find("world", -20)) print(s:find("hello", -5)) print(s:find("hello", -100))
print(("a.b"):find(".")) print(("a.b"):find(".", 1, true)) print(("a.b"):find(".", 2, true)) print(("a+b"):find("+", 1, true)) print(("a%b"):find("%", 1, true)) print(("x[y"):find("[", 1, true)) print(("abc"):find("b", 1, false)) print(("abc"):find("", 2, true)) print(("abc"):find("abcd", 1, true))
print(("a\0b"):find("\0")) print(("a\0b"):find("b")) print(("a\0b\0c"):find("\0c")) print(("a\0b"):find("%z")) print(("aXb"):find("%u")) print(("\0\0\1"):find("[\1-\2]")) print(("a\0b"):find("a\0b", 1, true))
print(("aaab"):find("a-b")) print(("aaab"):find("a*b")) print(("b"):find("a*b")) print(("aaa"):find("a-", 2)) print(("f(a(b)c)d"):find("%b()")) print(("THE (quick) fox"):find("%((%a+)%)")) print(("THE (quick) fox"):find("%f[%a]%a+", 5))
print(("x = 5"):find("(%w+)%s*=%s*(%w+)")) print(("key=value"):find("^(%w+)=(%w+)$")) print(("  trim  "):find("^%s*(.-)%s*$")) print(("2024-01-15"):find("(%d+)-(%d+)-(%d+)"))
print(("abcabc"):find("(a)(b)(c)%1%2%3")) print(("hello"):find("(l)%1")) print(("abc"):find("(b)%1"))
print(pcall(string.find)) print(pcall(string.find, "x")) print(pcall(string.find, {}, "x")) print(pcall(string.find, "x", {})) print(pcall(string.find, "x", "x", {}))
print(("a"):rep(1000):find(("a"):rep(500) .. "b")) print((("a"):rep(1000) .. "b"):find(("a"):rep(500) .. "b", 1, true))
