-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- match and every character class.
for _, class in ipairs { "%a", "%c", "%d", "%g", "%l", "%p", "%s", "%u", "%w", "%x", "%A", "%C", "%D", "%G", "%L", "%P", "%S", "%U", "%W", "%X", ".", "[%a_]", "[^%w]", "[a-c]", "[^a-c]", "[]]", "[^]]", "[a-]", "[-a]", "[%-]", "[%]]", "[%a%d]", "[\0-\31]", "[\128-\255]", "%.", "%%", "%[" } do
	local n, h = 0, 0
	for i = 0, 255 do if string.char(i):match(class) then n = n + 1 h = (h * 31 + i) % 1000003 end end
	print(class:gsub("%c", "?"):gsub("[\128-\255]", "?"), n, h)
end
print(("key = value"):match("^(%w+)%s*=%s*(%w+)$")) print(("  x  "):match("^%s*(.-)%s*$")) print(("abc123def"):match("%d+")) print(("abc"):match("%d+")) print(("abc"):match("()b()")) print(("abc"):match("((a)(b)(c))")) print(("abc"):match(".-")) print(("abc"):match(".-$")) print(("abc"):match("b", 3)) print(("abc"):match("", 4)) print(("abc"):match("", 5))
print(("[[nested]]"):match("%[%[(.-)%]%]")) print(("a(b(c)d)e"):match("%b()")) print(("<<x>>"):match("%b<>")) print(("((("):match("%b()")) print(("THE (quick) fox"):match("%f[%w]%w+%f[%W]")) print(("aaa"):match("a?a?a?a?")) print(("aXb"):match("a(.)b")) print(("x=1,y=2"):match("y=(%d)"))
print(("0x1F"):match("^0[xX](%x+)$")) print(("user@host.org"):match("^([%w.]+)@([%w.]+)$")) print(("/usr/lib/x.lua"):match("([^/]+)%.(%w+)$")) print(("2024-12-31"):match("(%d%d%d%d)-(%d%d)-(%d%d)")) print(("äöü"):match("[\xc3]."))
print(("a,b,,c"):match("([^,]*),([^,]*),([^,]*),([^,]*)")) print(("aaa"):match("^(a-)$")) print(("aab"):match("^(a*)(.-)$")) print(("x"):rep(100):match("^x+$") == ("x"):rep(100))
print(string.match(12345, "3(%d)")) print(("hello"):match("l", -2)) print(("ab\0cd"):match("%z(.*)")) print(#("ab\0cd"):match(".+"))
