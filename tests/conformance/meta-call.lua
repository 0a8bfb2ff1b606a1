-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- __call, with chains and results.
local t = setmetatable({}, { __call = function(self, ...) return "called", select("#", ...), ... end })
print(t()) print(t(1)) print(t(1, nil, 3)) print((t(5)))
print(pcall(t, 1, 2)) print(select(2, t(7)))
local chained = setmetatable({}, { __call = t })
print(select(4, chained(1)))
local object = setmetatable({ n = 0 }, { __call = function(self, d) self.n = self.n + d return self end })
print(object(1)(2)(3).n)
print(table.unpack { t "string" }) print(t { 1 } == "called")
local function tail(...) return t(...) end
print(tail(1, 2))
for k, v in setmetatable({}, { __call = function(_, s, c) if c < 3 then return c + 1, "v" end end }), nil, 0 do print(k, v) end
print(pcall(setmetatable({}, { __call = 5 })))
print(pcall(setmetatable({}, {})))
print(pcall(function() setmetatable({}, {})() end))
print(table.concat({ table.unpack({ 3, 1, 2 }) }, " "))
local sorter = setmetatable({}, { __call = function(_, a, b) return a > b end })
print(pcall(table.sort, { 1, 2, 3 }, sorter))
print((("abc"):gsub(".", function(c) return (t(c)) end)))
