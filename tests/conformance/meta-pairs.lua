-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- __pairs and __metatable.
local t = setmetatable({}, { __pairs = function(self) return function(_, k) k = (k or 0) + 1 if k <= 3 then return k, k * k end end, self, nil end })
for k, v in pairs(t) do print(k, v) end
print(select("#", pairs(setmetatable({}, { __pairs = function() return 1 end }))), pairs(setmetatable({}, { __pairs = function() return 1, 2, 3, 4 end })))
for i, v in ipairs(setmetatable({}, { __index = function(_, i) if i < 4 then return i * 10 end end })) do print(i, v) end
local locked = setmetatable({}, { __metatable = "locked" })
print(getmetatable(locked), pcall(setmetatable, locked, {}))
print(getmetatable(setmetatable({}, { __metatable = false })), getmetatable("x").__index == string, getmetatable(5), getmetatable({}))
print(getmetatable(setmetatable({}, nil)))
print(pcall(setmetatable, {})) print(pcall(setmetatable, {}, 5)) print(pcall(setmetatable, 5, {})) print(pcall(getmetatable))
local m = {}
local obj = setmetatable({}, m)
print(getmetatable(obj) == m, setmetatable(obj, nil) == obj, getmetatable(obj))
print(pcall(pairs)) print((pcall(pairs, nil))) print(pcall(next, {}, "missing")) print(pcall(next, 5))
print(pcall(function() for k in pairs(nil) do end end))
