-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- __newindex as function and as table.
local log = {}
local t = setmetatable({ own = 1 }, { __newindex = function(s, k, v) log[#log + 1] = tostring(k) .. "=" .. tostring(v) rawset(s, k, v) end })
t.own = 2 t.a = 1 t.a = 2 t[1] = "x" t[1] = nil t[1] = "y" t.b = nil
print(table.concat(log, " "), t.own, t.a, t[1])
local store = {}
local u = setmetatable({}, { __newindex = store })
u.x = 1 u.y = 2 u[1] = 3
print(rawget(u, "x"), store.x, store.y, store[1], u.x)
local frozen = setmetatable({}, { __newindex = function() error("read only", 2) end, __index = { a = 1 } })
print(frozen.a, pcall(function() frozen.a = 2 end))
local counted = setmetatable({}, { __newindex = function(s, k, v) rawset(s, k, v * 2) end })
for i = 1, 5 do counted[i] = i end
print(table.concat(counted, " "))
print(pcall(function() local n = 5 n.x = 1 end))
print(pcall(function() undefined.x = 1 end))
print(pcall(function() local t = {} t.a.b = 1 end))
print(pcall(function() ("x").y = 1 end))
print(pcall(function() setmetatable({}, { __newindex = 5 }).x = 1 end))
local loop = {}
setmetatable(loop, { __newindex = loop })
print(pcall(function() loop.x = 1 end))
rawset(loop, "x", 1) loop.x = 2 print(loop.x)
