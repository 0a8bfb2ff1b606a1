-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- and, or, not as values.
local values = { false, true, 0, "", "x" }
for i = 1, 5 do
	for j = 1, 5 do
		io = nil
		local a, b = values[i], values[j]
		local out = { a and b, a or b, not a, not not b }
		print(tostring(a), tostring(b), tostring(out[1]), tostring(out[2]), tostring(out[3]), tostring(out[4]))
	end
end
print(nil and 1, nil or 1, not nil)
local calls = {}
local function f(name, value) calls[#calls + 1] = name return value end
local _ = f("a", true) and f("b", false) or f("c", nil) or f("d", 1) and f("e", 2)
print(_, table.concat(calls))
local x = nil
x = x or 10 x = x and x + 1
print(x)
if not (1 > 2 or 2 > 3) and 3 > 2 then print("yes") else print("no") end
local function both(a, b) return not (not a or not b) end
print(both(1, 2), both(1, nil), both(nil, 2))
