-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- insert and remove at every position.
local t = {}
table.insert(t, "a") table.insert(t, "c") table.insert(t, 2, "b") table.insert(t, 1, "start") table.insert(t, #t + 1, "end")
print(table.concat(t, " "), #t)
print(table.remove(t), table.concat(t, " ")) print(table.remove(t, 1), table.concat(t, " ")) print(table.remove(t, 2), table.concat(t, " ")) print(table.remove(t, #t + 1), #t) print(table.remove(t), table.remove(t), table.remove(t), #t)
print(table.remove({}), table.remove({}, 0), table.remove({}, #{}), table.remove({ [0] = "zero" }, 0))
local l = { 1, 2, 3 }
print(select("#", table.insert(l, 4)), select("#", table.remove(l)))
print(pcall(table.insert, l, 0, "x")) print(pcall(table.insert, l, 5, "x")) print(pcall(table.insert, l, 1, "x", "y")) print(pcall(table.insert, l)) print(pcall(table.insert)) print(pcall(table.insert, 5, 1)) print(pcall(table.insert, l, "x", 1)) print(pcall(table.remove, l, 7)) print(pcall(table.remove, l, -1)) print(pcall(table.remove)) print(pcall(table.remove, l, "x")) print(pcall(table.insert, nil, 1))
local q = {} for i = 1, 100 do table.insert(q, 1, i) end print(q[1], q[100], #q) for i = 1, 50 do table.remove(q, 1) end print(q[1], #q)
local log = {}
local proxy = setmetatable({}, { __index = function(_, i) log[#log + 1] = "r" .. i return i end, __newindex = function(_, i, v) log[#log + 1] = "w" .. i .. "=" .. tostring(v) end, __len = function() return 3 end })
table.insert(proxy, "x") table.insert(proxy, 2, "y") print(table.remove(proxy), table.remove(proxy, 1)) print(table.concat(log, " "))
local nilled = { 1, 2, 3 } table.insert(nilled, nil) print(#nilled) table.insert(nilled, 1, nil) print(nilled[1], nilled[2])
