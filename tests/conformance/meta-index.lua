-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- __index as function, as table, in chains.
local t = setmetatable({ own = 1 }, { __index = function(self, key) return key .. "!" end })
print(t.own, t.other, t[5], rawget(t, "other"))
local base = { x = "base x" }
local mid = setmetatable({ y = "mid y" }, { __index = base })
local top = setmetatable({}, { __index = mid })
print(top.x, top.y, top.z)
mid.x = "mid x" print(top.x) mid.x = nil print(top.x)
print(("abc").len == string.len, ("abc").nothing, ("abc"):upper())
local default = setmetatable({}, { __index = function(s, k) local v = k * k rawset(s, k, v) return v end })
print(default[4], rawget(default, 4), rawget(default, 5))
local proxy = setmetatable({}, { __index = setmetatable({}, { __index = function(_, k) return "deep " .. k end }) })
print(proxy.a)
print(#setmetatable({}, { __index = { 1, 2, 3 } }))
print(pcall(function() return setmetatable({}, { __index = 5 }).x end))
print(pcall(function() return (nil).x end))
print(pcall(function() local n = 5 return n.x end))
print(pcall(function() local n = 5 return n.x.y end))
print(pcall(function() return undefined.x end))
print(pcall(function() return undefined.x.y end))
print(pcall(function() local t = {} return t.a.b end))
print(pcall(function() local t = {} return t.a[1] end))
print(pcall(function() local t, k = {}, "key" return t[k].b end))
print(pcall(function() return (true).x end))

local loop = {}
setmetatable(loop, { __index = loop })
print(pcall(function() return loop.x end))
