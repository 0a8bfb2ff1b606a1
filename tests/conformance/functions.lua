-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- Definitions, methods, calls without parentheses, tail calls.
local t = { name = "t", sub = {} }
function t.plain(a) return a end
function t:method(a) return self.name, a end
function t.sub.deep(a) return "deep", a end
function t.sub:deepmethod() return self == t.sub end
print(t.plain(1), t:method(2)) print(t.sub.deep(3)) print(t.sub:deepmethod())
print(t["method"](t, 4)) print(("x"):rep(3)) print(#"abc")
local function f(x) return type(x), x end
print(f "string") print(f [[long]]) print((f {}))
local function fact(n, acc) acc = acc or 1 if n <= 1 then return acc end return fact(n - 1, acc * n) end
print(fact(20))
local function loop(n) if n == 0 then return "done" end return loop(n - 1) end
print(loop(100000))
local even, odd
function even(n) if n == 0 then return true end return odd(n - 1) end
function odd(n) if n == 0 then return false end return even(n - 1) end
print(even(10000), odd(7))
local function nothing() end
print(nothing(), (nothing())) print(pcall(type, nothing()))

print((function(...) return select("#", ...) end)(nothing(), nothing()))
print(pcall(function() local x = 5 x() end))
print(pcall(function() undefined_function() end))
print(pcall(function() t.missing() end))
print(pcall(function() t:missing() end))
print(pcall(function() ("x"):missing() end))
print(pcall(function() t.sub.a.b() end))
print(pcall(function() (1)() end))
