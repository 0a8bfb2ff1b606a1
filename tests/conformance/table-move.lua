-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- move within and between tables.
local function show(t, n) local l = {} for i = 1, n or #t do l[i] = tostring(t[i]) end print(table.concat(l, " ")) end
show(table.move({ 1, 2, 3 }, 1, 3, 2)) show(table.move({ 1, 2, 3 }, 2, 3, 1)) show(table.move({ 1, 2, 3, 4, 5 }, 2, 4, 3)) show(table.move({ 1, 2, 3, 4, 5 }, 3, 5, 1)) show(table.move({ 1, 2, 3 }, 1, 3, 1, {})) show(table.move({ 1, 2, 3 }, 1, 3, 3, { 9, 9 })) show(table.move({ 1, 2, 3 }, 1, 0, 5)) show(table.move({ 1, 2, 3 }, 4, 6, 1), 3) show(table.move({}, 1, 3, 1, { 1, 2, 3 }), 3) show(table.move({ 10, 20 }, 1, 2, 1))
local t = { 1, 2, 3 } print(table.move(t, 1, 3, 2) == t) local u = {} print(table.move(t, 1, 1, 1, u) == u)
print(table.move({ [-1] = "a", [0] = "b" }, -1, 0, 1)[2]) print(table.move({ [math.maxinteger] = "m" }, math.maxinteger, math.maxinteger, 1)[1]) print(table.move({ [math.mininteger] = "n" }, math.mininteger, math.mininteger, 1)[1])
print(pcall(table.move, {}, 1, math.maxinteger, 2)) print(pcall(table.move, {}, math.mininteger, math.maxinteger, 1)) print(pcall(table.move, {}, 1, 2)) print(pcall(table.move, 5, 1, 2, 3)) print(pcall(table.move, {}, "x", 2, 3)) print(pcall(table.move, {}, 1, 2, 3, 5)) print(pcall(table.move)) print(pcall(table.move, {}, 0, math.maxinteger, 0))
local log = {}
table.move(setmetatable({}, { __index = function(_, i) log[#log + 1] = "r" .. i return i end }), 1, 3, 5, setmetatable({}, { __newindex = function(_, i, v) log[#log + 1] = "w" .. i .. "=" .. v end }))
print(table.concat(log, " "))
