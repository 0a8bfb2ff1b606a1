-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- __add, __sub, __mul, __idiv, __mod, __unm, and which operand gives them.
local log = {}
local function op(name) return function(a, b) return name .. "(" .. tostring(a) .. "," .. tostring(b) .. ")" end end
local meta = { __tostring = function(t) return t.name end }
for _, name in ipairs { "add", "sub", "mul", "idiv", "mod", "unm", "div", "pow" } do meta["__" .. name] = op(name) end
local a, b = setmetatable({ name = "A" }, meta), setmetatable({ name = "B" }, meta)
print(a + b, a - b, a * b, a // b, a % b, -a)
print(a + 1, 1 + a, a - 1, 1 - a, a * 2, 2 * a, a // 2, 2 // a, a % 2, 2 % a)
print(a + 1000, 1000 + a, a + "x", "x" + a, a + nil, false + a)
print(a / b, a / 2, 2 / a, a ^ b, a ^ 2, 2 ^ a)
local other = setmetatable({}, { __add = function() return "other" end })
print((a + other):sub(1, 10), other + a)
local vec = {}
vec.__index = vec
vec.__add = function(p, q) return setmetatable({ p[1] + q[1], p[2] + q[2] }, vec) end
vec.__unm = function(p) return setmetatable({ -p[1], -p[2] }, vec) end
local v = setmetatable({ 1, 2 }, vec) + -setmetatable({ 10, 20 }, vec)
print(v[1], v[2])
print(pcall(function() return {} + 1 end))
print(pcall(function() return 1 - {} end))
print(pcall(function() return nil * 2 end))
print(pcall(function() local t = {} return t.x // 2 end))
print(pcall(function() return undefined % 2 end))
print(pcall(function() return -{} end))
print(pcall(function() return print + 1 end))
print(pcall(function() return "abc" + 1 end))
print(pcall(function() return "10" + {} end))
print(pcall(function() return 2 .. 3 + true end))
