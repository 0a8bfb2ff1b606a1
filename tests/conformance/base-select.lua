-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- select and unpacking with nils.
print(select("#")) print(select("#", nil, nil)) print(select(1, "a", "b", "c")) print(select(2, "a", "b", "c")) print(select(-1, "a", "b", "c")) print(select(-3, "a", "b", "c")) print(select(5, "a"))
print(pcall(select, 0, 1)) print(pcall(select, -5, 1)) print(pcall(select)) print(pcall(select, "x", 1)) print(pcall(select, {}, 1)) print(select("2", "a", "b"))
print((select(2, 1, 2, 3))) print(select(math.maxinteger, 1)) print(pcall(select, math.mininteger, 1))
local function sum(...) local s = 0 for i = 1, select("#", ...) do s = s + (select(i, ...)) end return s end
print(sum(table.unpack({ 1, 2, 3, 4, 5 }))) print(sum())
