-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- Programs that recurse.
local function fib(n) if n < 2 then return n end return fib(n - 1) + fib(n - 2) end
print(fib(20))
local function ack(m, n) if m == 0 then return n + 1 elseif n == 0 then return ack(m - 1, 1) else return ack(m - 1, ack(m, n - 1)) end end
print(ack(2, 5))
local moves = {}
local function hanoi(n, a, b, c) if n > 0 then hanoi(n - 1, a, c, b) moves[#moves + 1] = a .. c hanoi(n - 1, b, a, c) end end
hanoi(5, "A", "B", "C")
print(#moves, table.concat(moves, " "))
local function permute(a, n, out) if n == 0 then out[#out + 1] = table.concat(a) else for i = 1, n do a[i], a[n] = a[n], a[i] permute(a, n - 1, out) a[i], a[n] = a[n], a[i] end end return out end
print(table.concat(permute({ "a", "b", "c", "d" }, 4, {}), " "))
local function depth(n) if n == 0 then return 0 end return 1 + depth(n - 1) end
print(depth(5000))
local function gcd(a, b) if b == 0 then return a end return gcd(b, a % b) end
print(gcd(1071, 462), gcd(1 << 40, 3 << 20))
