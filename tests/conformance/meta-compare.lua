-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- __eq, __lt, __le.
local calls = {}
local meta = {
	__eq = function(a, b) calls[#calls + 1] = "eq" return a.v == b.v end,
	__lt = function(a, b) calls[#calls + 1] = "lt" return (type(a) == "table" and a.v or a) < (type(b) == "table" and b.v or b) end,
	__le = function(a, b) calls[#calls + 1] = "le" return (type(a) == "table" and a.v or a) <= (type(b) == "table" and b.v or b) end,
}
local function new(v) return setmetatable({ v = v }, meta) end
local a, b, c = new(1), new(2), new(1)
print(a == b, a == c, a ~= b, a ~= c, a == a, a == 1, rawequal(a, c))
print(a < b, a > b, a <= b, a >= b, a <= c, a < c)
print(a < 5, 5 < a, a <= 1, 1 >= a, a > 0, 0 < a)
print(table.concat(calls, " "))
local plain = {}
print(plain == a, a == plain)
print(setmetatable({}, { __eq = function() return 1 end }) == {}, {} == setmetatable({}, { __eq = function() return nil end }))
local list = { new(3), new(1), new(2) }
table.sort(list)
print(list[1].v, list[2].v, list[3].v)
print(pcall(function() return a < "x" end))
print(pcall(function() return {} < a end))
print(pcall(function() return setmetatable({}, {}) < setmetatable({}, {}) end))
print(pcall(function() return setmetatable({}, { __lt = 5 }) < 1 end))
