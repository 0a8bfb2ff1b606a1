-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- concat with separators, ranges and errors.
print(table.concat({}), table.concat({ 1 }), table.concat({ 1, 2, 3 }), table.concat({ "a", "b" }, ", "), table.concat({ 1, 2, 3 }, "-", 2), table.concat({ 1, 2, 3 }, "-", 2, 3), table.concat({ 1, 2, 3 }, "-", 3, 2), table.concat({ 1, 2, 3 }, "-", 1, 1), table.concat({ 1, "a", -5 }, ""))
print(table.concat({ [5] = "x", [6] = "y" }, ",", 5, 6), table.concat({ [math.maxinteger] = "last" }, ",", math.maxinteger, math.maxinteger), table.concat({ [0] = "zero", "one" }, " ", 0))
print(#table.concat({ ("x"):rep(1000), ("y"):rep(1000) }, ("-"):rep(100)), table.concat({ "a\0b", "c" }, "\0") == "a\0b\0c")
print(pcall(table.concat)) print(pcall(table.concat, 5)) print(pcall(table.concat, { {} })) print(pcall(table.concat, { 1, nil, 3 }, "", 1, 3)) print(pcall(table.concat, { true })) print(pcall(table.concat, { 1, 2 }, {})) print(pcall(table.concat, { 1, 2 }, "", "x")) print(pcall(table.concat, { 1, print })) print(pcall(table.concat, {}, "", 1, 1))
local t = {} for i = 1, 1000 do t[i] = i end print(#table.concat(t), #table.concat(t, ","), table.concat(t, " ", 995))
print(table.concat(setmetatable({}, { __index = function(_, i) return i end, __len = function() return 5 end }), "+"))
