-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- Multiple assignment and its order.
local a, b, c = 1, 2
print(a, b, c)
a, b = b, a
print(a, b)
a, b, c = 1, 2, 3, 4
print(a, b, c)
local function three() return 1, 2, 3 end
a, b, c = three()
print(a, b, c)
a, b, c = three(), 10
print(a, b, c)
a, b, c = (three())
print(a, b, c)
local t = { three(), three() }
print(#t, (three()))

local i = 1
local u = {}
i, u[i] = i + 1, 20
print(i, u[1], u[2])
x, y = 5
print(x, y)
x = nil
local t2 = { 1, 2, 3 }
t2[1], t2[2], t2[3] = t2[3], t2[1], t2[2]
print(table.concat(t2, ","))
do local a <const> = 5 print(a) end
print(load("local a <const> = 1; a = 2"))
print(load("local a <close> = nil; a = 2"))
print(load("local a <what> = 1"))
print(load("local a <close>, b <close> = nil, nil"))
print(load("local function f() end f() = 1"))
print(load("a + b = 1"))
