-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- Every form of constructor.
local function show(t) local keys = {} for k in pairs(t) do keys[#keys + 1] = tostring(k) .. "=" .. tostring(t[k]) end table.sort(keys) print(table.concat(keys, " ")) end
show {} show { 1, 2, 3 } show { a = 1, b = 2 } show { 1, a = 2, 3; b = 4, [10] = 5, ["x y"] = 6, }
show { [1] = "a", "b" } show { "b", [1] = "a" } show { [2] = "x", "y", "z" }
local function f() return 1, 2, 3 end
show { f() } show { f(), f() } show { (f()) } show { f(), nil } show { x = f() } show { [f()] = f() }
show { ({ 1 })[1], #{ 1, 2 } } 
local big = {}
for i = 1, 300 do big[i] = i end
local t = load("return {" .. table.concat(big, ",") .. "}")()
print(#t, t[1], t[50], t[51], t[300])
print(load("return { [nil] = 1 }") and pcall(load "return { [nil] = 1 }"))
print(load "return { 1, 2") print(load "return { a = }") print(load "return { , }")
show { [true] = 1, [false] = 2 }
local nested = { a = { b = { c = { 1, 2, { d = "deep" } } } } }
print(nested.a.b.c[3].d)
