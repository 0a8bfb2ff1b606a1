-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- __concat and __len.
local meta = { __concat = function(a, b) local function s(x) return type(x) == "table" and x.name or tostring(x) end return "<" .. s(a) .. "+" .. s(b) .. ">" end, __len = function(t) return t.size end }
local a, b = setmetatable({ name = "a", size = 5 }, meta), setmetatable({ name = "b", size = "long" }, meta)
print(a .. b, a .. "x", "x" .. a, a .. 1, 1 .. a, a .. nil, true .. a)
print("p" .. "q" .. a, a .. "p" .. "q", "p" .. a .. "q", a .. a .. a, 1 .. 2 .. a .. 3 .. 4)
print(#a, #b, rawlen(a), #setmetatable({ 1, 2 }, { __len = function() return -1 end }))
print(table.concat(setmetatable({}, { __len = function() return 3 end, __index = function(_, i) return "i" .. i end }), " "))
print(table.unpack(setmetatable({}, { __len = function() return 2 end, __index = function(_, i) return i * i end })))
print(pcall(table.concat, setmetatable({}, { __len = function() return "x" end })))
print(pcall(table.insert, setmetatable({}, { __len = function() return {} end }), 1))
print(pcall(function() return #setmetatable({}, { __len = 5 }) end))
print(pcall(function() return {} .. {} end))
print(pcall(function() return "a" .. {} .. "b" end))
