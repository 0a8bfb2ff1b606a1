-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- Keys of every type.
local t = {}
local k1, k2 = {}, {}
local f = function() end
t[k1] = "k1" t[k2] = "k2" t[f] = "f" t[true] = "true" t[false] = "false" t["1"] = "string 1" t[1] = "number 1"
t[-1] = "minus" t[0] = "zero" t[math.maxinteger] = "max" t[math.mininteger] = "min" t[""] = "empty" t["\0"] = "nul"
t[("x"):rep(100)] = "long" t[print] = "print"
print(t[k1], t[k2], t[f], t[true], t[false], t["1"], t[1], t[-1], t[0], t[math.maxinteger], t[math.mininteger], t[""], t["\0"], t[("x"):rep(100)], t[print])
print(t[{}], t["2"], t[2])
local n = 0
for k, v in pairs(t) do n = n + 1 end
print(n)
for k in pairs(t) do t[k] = nil end
print(next(t))
print(pcall(function() t[nil] = 1 end)) print(t[nil])
local s = {}
for i = 1, 1000 do s["key" .. i] = i end
for i = 1, 1000, 2 do s["key" .. i] = nil end
local sum, count = 0, 0
for k, v in pairs(s) do sum = sum + v count = count + 1 assert(k == "key" .. v) end
print(sum, count)
local sparse = {}
for i = 0, 40 do sparse[1 << i] = i sparse[-(1 << i)] = -i end
for i = 0, 40 do assert(sparse[1 << i] == i and sparse[-(1 << i)] == -i) end
print(sparse[1 << 40], sparse[-1], sparse[3])
