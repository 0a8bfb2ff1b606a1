-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- Variable numbers of arguments and results.
local function count(...) return select("#", ...) end
print(count(), count(nil), count(nil, nil), count(1, nil, 3))
local function pass(...) return ... end
print(pass(1, 2, 3)) print((pass(1, 2, 3))) print(pass(), "x") print("x", pass(1, 2))
local function first(a, ...) return a, ... end
print(first(1, 2, 3)) print(first())
local function tab(...) return { ... }, { n = select("#", ...), ... } end
local t, u = tab(1, nil, 3)
print(t[1], t[2], t[3], u.n)
local function named(a, b, ...) local x, y = ... return a, b, x, y end
print(named(1)) print(named(1, 2, 3)) print(named(1, 2, 3, 4, 5))
local function recurse(n, ...) if n == 0 then return ... end return recurse(n - 1, n, ...) end
print(recurse(10))
print(select("#", recurse(200)))
print((load "return ...")(1, 2, 3))
print(load("local function f() return ... end"))
local function upv(...) local a, b = ... return function() return a, b end end
print(upv(7, 8)())
print(math.max(table.unpack { 3, 9, 2 }))
print(#{ pass(1, 2, 3), pass(1, 2, 3) }, #{ pass(1, 2, 3), (pass(1, 2, 3)) })
print(pcall(count, 1, 2))
