-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- format of strings, characters and quoting.
print(("%s %s %s %s"):format("a", 1, true, nil)) print(("%5s|%-5s|%.2s|%5.1s|%-6.3s|"):format("abc", "abc", "abc", "abc", "abcdef")) print(("%c%c%c"):format(76, 117, 97)) print(("%3c|%-3c|"):format(65, 66)) print(("%%"):format()) print(("100%%"):format()) print((""):format()) print(("no args"):format(1, 2, 3))
print(("%q"):format("a\nb\\c\"d\0e\r\t\1272")) print(("%q %q %q %q"):format(1, true, nil, math.mininteger)) print(load("return " .. ("%q"):format("round\ntrip\0\1\200\"\\"))() == "round\ntrip\0\1\200\"\\")
print(("%s"):format(("x"):rep(500)) == ("x"):rep(500)) print(#("%99s"):format("x")) print(#("%-99s"):format(("y"):rep(50))) print(#("%.20s"):format(("x"):rep(500)))
print(("%s|%s"):format("with\0zero", "b") == "with\0zero|b") print(pcall(string.format, "%10s", "with\0zero"))
for _, f in ipairs { "%", "%z", "%10", "%y", "%123d", "%.123d", "%#s", "%+s", "%0s", "% s", "%-#x", "%05s", "%5.", "%l", "%ld", "%.c", "%+u", "%+x", "% x", "%#d", "%00005d", "%1.1.1d", "%-+0 #d", "%5q", "%.3q", "%h", "%n", "%p5", "%.5p", "%0p" } do print(f, pcall(string.format, f, 5)) end
print(pcall(string.format)) print(pcall(string.format, "%d")) print(pcall(string.format, "%s")) print(pcall(string.format, "%d", "x")) print(pcall(string.format, "%d", {})) print(pcall(string.format, "%c", "x")) print(pcall(string.format, "%s %s", 1)) print(pcall(string.format, "%q", {})) print(pcall(string.format, "%q", print)) print(pcall(string.format, {}))
print(("%d %s"):format("10", 20)) print(("%x"):format("0x1f")) print(string.format(5)) print(("%s"):format(setmetatable({}, { __tostring = function() return "obj" end })))
print(("%p"):format(5), ("%p"):format(nil), ("%10p|"):format(true), ("%-10p|"):format(1), ("%p"):format(print) == ("%p"):format(print), ("%p"):format({}) == ("%p"):format({}), ("%p"):format("s") ~= nil)
print(("%5s%5s%5s"):format("a", "bb", "ccc")) print(("%-5s%-5s|"):format("a", "bb")) print(("%s"):rep(10, ","):format(1, 2, 3, 4, 5, 6, 7, 8, 9, 10))
