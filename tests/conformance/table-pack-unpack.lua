-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- pack and unpack.
local p = table.pack() print(p.n, #p) p = table.pack(1, nil, 3, nil) print(p.n, p[1], p[2], p[3], p[4]) print(table.pack(("x"):byte(1, -1)).n)
print(table.unpack({})) print(table.unpack({ 1, 2, 3 })) print(table.unpack({ 1, 2, 3 }, 2)) print(table.unpack({ 1, 2, 3 }, 2, 3)) print(table.unpack({ 1, 2, 3 }, 2, 5)) print(table.unpack({ 1, 2 }, -1, 1)) print(table.unpack({ 1, 2 }, 3)) print(table.unpack({ 1, nil, 3 }, 1, 3)) print(select("#", table.unpack({}, 1, 100))) print(table.unpack({ 1, 2 }, 1, 0)) print(table.unpack({ [math.maxinteger] = "m" }, math.maxinteger, math.maxinteger)) print(table.unpack({ [math.mininteger] = "n" }, math.mininteger, math.mininteger))
print(pcall(table.unpack, {}, 1, 1 << 40)) print(pcall(table.unpack, {}, math.mininteger, math.maxinteger)) print(pcall(table.unpack)) print(pcall(table.unpack, {}, "x")) print(pcall(table.unpack, {}, 1, {}))
print(table.unpack(setmetatable({}, { __index = function(_, i) return i * 10 end }), 1, 3)) print(table.unpack("abc" and { "a", "b", "c" }))
print(select("#", table.unpack(table.pack(1, nil, nil), 1, 3))) local t = {} for i = 1, 5000 do t[i] = i end print(select("#", table.unpack(t)), (select(5000, table.unpack(t))))
local function apply(f, ...) local args = table.pack(...) return f(table.unpack(args, 1, args.n)) end print(apply(select, "#", nil, nil))
