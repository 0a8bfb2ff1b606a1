-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- Arrays and hashes that grow, shrink and move.
local t = {}
for i = 10, 1, -1 do t[i] = i end
print(#t, table.concat(t, " "))
t = {}
for i = 1, 10000 do t[i] = i end
for i = 10001, 20000 do t[i] = i end
print(#t, t[1], t[10000], t[20000])
for i = 20000, 101, -1 do t[i] = nil end
collectgarbage()
for i = 101, 200 do t[i] = -i end
print(#t, t[100], t[200])
local h = {}
for i = 1, 5000 do h[i * 1000003] = i end
local sum = 0
for k, v in pairs(h) do assert(k == v * 1000003) sum = sum + v end
print(sum)
for i = 1, 5000 do h[i * 1000003] = nil end
for i = 1, 100 do h[i] = i end
print(#h, next({}) == nil)
local m = {}
for i = 1, 100 do m[i] = {} for j = 1, 100 do m[i][j] = i * j end end
local trace = 0
for i = 1, 100 do trace = trace + m[i][i] end
print(trace)
local q, head, tail = {}, 1, 0
for i = 1, 3000 do tail = tail + 1 q[tail] = i if i % 3 == 0 then q[head] = nil head = head + 1 end end
print(head, tail, q[head], q[tail])
