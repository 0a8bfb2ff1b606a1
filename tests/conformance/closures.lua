-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- Upvalues, shared and separate.
local function counter() local n = 0 return function() n = n + 1 return n end, function() return n end end
local inc, get = counter()
inc() inc()
local inc2 = counter()
print(get(), inc2(), get())
local fs = {}
for i = 1, 3 do local j = i * 10 fs[i] = function(d) j = j + (d or 0) return i, j end end
print(fs[1](1)) print(fs[1](1)) print(fs[3]())
local function curry(a) return function(b) return function(c) return a, b, c end end end
print(curry(1)(2)(3))
local function y(f) return (function(x) return x(x) end)(function(x) return f(function(...) return x(x)(...) end) end) end
print(y(function(self) return function(n) return n == 0 and 1 or n * self(n - 1) end end)(20))
local a = 1
local function outer() local function inner() a = a + 1 return a end return inner end
print(outer()(), outer()(), a)
local function deep() local v = 0 return function() return function() return function() v = v + 1 return v end end end end
local d = deep()
print(d()()(), d()()())
local t = {}
do local x = 5 t.get = function() return x end t.set = function(v) x = v end end
t.set(9)
print(t.get())
while true do local z = 1 t.z = function() z = z + 1 return z end break end
print(t.z(), t.z())
