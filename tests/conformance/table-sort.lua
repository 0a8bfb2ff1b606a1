-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- sort, with comparisons, duplicates and errors.
local function sorted(t, f) table.sort(t, f) return table.concat(t, " ") end
print(sorted {}) print(sorted { 1 }) print(sorted { 2, 1 }) print(sorted { 3, 1, 2 }) print(sorted({ 3, 1, 2 }, function(a, b) return a > b end)) print(sorted { "banana", "apple", "Cherry", "", "apple pie" }) print(sorted { 5, 5, 5, 1, 1 }) print(sorted({ "bbb", "a", "cc" }, function(a, b) return #a < #b end))
local seed = 42
local function random() seed = (seed * 1103515245 + 12345) & 0x7fffffff return seed end
for _, n in ipairs { 10, 100, 101, 1000, 5000 } do
	local t = {} for i = 1, n do t[i] = random() % n end
	table.sort(t) for i = 2, n do assert(t[i - 1] <= t[i]) end
	table.sort(t, function(a, b) return a > b end) for i = 2, n do assert(t[i - 1] >= t[i]) end
	print(n, t[1], t[n])
end
local records = {} for i = 1, 50 do records[i] = { key = random() % 10, id = i } end
table.sort(records, function(a, b) if a.key ~= b.key then return a.key < b.key end return a.id < b.id end)
local line = {} for _, r in ipairs(records) do line[#line + 1] = r.key .. ":" .. r.id end print(table.concat(line, " "))
print(pcall(table.sort, { 1, "x", 2 })) print(pcall(table.sort, { {}, {} })) print(pcall(table.sort, { 1, nil, 3 }) ~= nil) print(pcall(table.sort, { 3, 2, 1 }, 5)) print(pcall(table.sort)) print(pcall(table.sort, 5)) print(pcall(table.sort, { 3, 2, 1 }, function() error("compare", 0) end)) print(pcall(table.sort, { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10 }, function() return true end)) print(pcall(table.sort, { 3, 1 }, nil)) print(pcall(table.sort, setmetatable({}, { __len = function() return 1 << 40 end })))
local t = setmetatable({}, { __len = function() return 5 end }) for i = 1, 10 do rawset(t, i, 11 - i) end table.sort(t) print(table.concat(t, " ", 1, 10))
print(select("#", table.sort {}))
