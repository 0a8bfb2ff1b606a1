-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- Generic for: iterators, state, closing value.
for i, v in ipairs { "a", "b", nil, "d" } do print(i, v) end
local function range(n) return function(_, i) if i < n then return i + 1 end end, nil, 0 end
for i in range(3) do print(i) end
for a, b, c, d in (function() local n = 0 return function() n = n + 1 if n < 3 then return n, n * 2, n * 3 end end end)() do
	print(a, b, c, d)
end
local closed = {}
local function iter(n)
	local c = setmetatable({}, { __close = function(_, e) closed[#closed + 1] = tostring(e) end })
	return function(_, i) if i < n then return i + 1 end end, nil, 0, c
end
for i in iter(3) do end
for i in iter(3) do if i == 2 then break end end
print(pcall(function() for i in iter(3) do error("inside", 0) end end))
local function early() for i in iter(3) do return i end end
print(early())
print(table.concat(closed, " "))
local callable = setmetatable({}, { __call = function(self, state, control) if control < 2 then return control + 1 end end })
for i in callable, nil, 0 do print(i) end
for k, v in next, { x = 1 } do print(k, v) end
print(pcall(function() for i in 5 do end end))
print(pcall(function() for i in nil do end end))
print(pcall(function() for i in undefined_iterator do end end))
print(pcall(function() local t = {} for i in t.x do end end))
