-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- Substitution with strings, tables, functions.
print(("hello world"):gsub("o", "0")) print(("hello"):gsub("l", "L", 1)) print(("hello"):gsub("l", "L", 0)) print(("hello"):gsub("l", "L", -1)) print(("abc"):gsub("", "-")) print(("abc"):gsub(".", "%0%0")) print(("abc"):gsub("(a)(b)", "%2%1")) print(("abc"):gsub("b", "%%")) print(("hello"):gsub("x", "y")) print((""):gsub("", "x")) print((""):gsub(".", "x"))
print(("$name is $age"):gsub("%$(%w+)", { name = "Lua", age = 30 })) print(("$a $b"):gsub("%$(%w+)", { a = "1" })) print(("$a $b"):gsub("%$(%w+)", { a = false, b = true and "x" }))
print(("1 2 3"):gsub("%d", function(d) return d * 2 end)) print(("abc"):gsub(".", function(c) if c == "b" then return nil end return c:upper() end)) print(("abc"):gsub("()", function(p) return p end)) print(("a b"):gsub("(%a) (%a)", function(x, y) return y .. x end)) print(("abc"):gsub("%w", function() return false end))
print(("abc"):gsub("^a", "x")) print(("aaa"):gsub("^a", "x")) print(("hello world"):gsub("%w+", "%0 %0", 1)) print(("  trim "):gsub("^%s+", "")) print(("a,b,,c"):gsub(",", ";")) print(("abc"):gsub(".-", "x")) print(("abc"):gsub("b*", "x")) print(("äöü"):gsub("[\x80-\xff]+", "?"))
print(("x^2"):gsub("%^", "**")) print(("a.b"):gsub("%.", "%%")) print(("path/to"):gsub("/", "\\")) print(("%d"):gsub("%%d", "number")) print(("abc"):gsub("%w", "%%%0")) print(("x"):gsub("x", 5)) print(("x"):gsub(".", { x = 7 }))
print(pcall(string.gsub, "x", "x", true)) print(pcall(string.gsub, "x", "x")) print(pcall(string.gsub, "x", "x", function() return {} end)) print(pcall(string.gsub, "x", "x", { x = {} })) print(pcall(string.gsub, "x", "x", { x = true })) print(pcall(string.gsub, "x", "x", "y", "z")) print(pcall(string.gsub)) print(pcall(string.gsub, "x", "x", function() error("in callback", 0) end))
print(("abc"):gsub(".", setmetatable({}, { __index = function(_, k) return k .. "!" end })))
print(#(("x"):rep(10000):gsub("x", "yy"))) print(select(2, ("x"):rep(10000):gsub("x", "")))
local nested = ("a(b(c))"):gsub("%b()", function(s) return "[" .. s:sub(2, -2):gsub("%b()", "*") .. "]" end) print(nested)
print((("hello world from Lua"):gsub("(%w+)", string.upper))) print((("%20x%41"):gsub("%%(%x%x)", function(h) return string.char(tonumber(h, 16)) end)))
