-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- while, repeat and break.
local i = 0
while i < 3 do i = i + 1 if i == 2 then goto next end print(i) ::next:: end
repeat local j = i i = i - 1 until j == 1
print(i)
while true do while true do break end break end
for i = 1, 10 do if i % 2 == 0 then goto skip end if i > 7 then break end print(i) ::skip:: end
local n = 0
while n < 100000 do n = n + 1 end
print(n)
repeat n = n - 7 until n < 0
print(n)
while false do print("never") end
local t = { 3, 1, 2 }
repeat
	local swapped = false
	for k = 1, #t - 1 do if t[k] > t[k + 1] then t[k], t[k + 1] = t[k + 1], t[k] swapped = true end end
until not swapped
print(table.concat(t, " "))
