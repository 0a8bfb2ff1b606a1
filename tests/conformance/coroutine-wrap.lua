-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- wrap, generators and errors through them.
local gen = coroutine.wrap(function() for i = 1, 3 do coroutine.yield(i) end return "last" end)
print(gen(), gen(), gen(), gen()) print(pcall(gen))
local function range(a, b) return coroutine.wrap(function() for i = a, b do coroutine.yield(i, i * i) end end) end
for i, sq in range(1, 4) do print(i, sq) end
local function filter(p, g) return coroutine.wrap(function() for x in g do if p(x) then coroutine.yield(x) end end end) end
local function count(n) return coroutine.wrap(function() for i = n, 60 do coroutine.yield(i) end end) end
local x, primes = count(2), {}
while true do local p = x() if not p then break end primes[#primes + 1] = p x = filter(function(v) return v % p ~= 0 end, x) if #primes > 4 then break end end
print(table.concat(primes, " "))
print(pcall(coroutine.wrap(function() error("wrapped") end))) print(pcall(coroutine.wrap(function() error("plain", 0) end))) print(select(2, pcall(coroutine.wrap(function() error({ 5 }) end)))[1])
print(pcall(coroutine.wrap)) print(pcall(coroutine.wrap, {}))
local function permgen(a, n) n = n or #a if n <= 1 then coroutine.yield(a) else for i = 1, n do a[n], a[i] = a[i], a[n] permgen(a, n - 1) a[n], a[i] = a[i], a[n] end end end
local out = {}
for p in coroutine.wrap(function() permgen { 1, 2, 3 } end) do out[#out + 1] = table.concat(p) end
print(table.concat(out, " "))
local function tree(t) if t then tree(t.left) coroutine.yield(t.key) tree(t.right) end end
local keys = {}
for k in coroutine.wrap(function() tree { key = 5, left = { key = 2, left = { key = 1 } }, right = { key = 8, left = { key = 6 } } } end) do keys[#keys + 1] = k end
print(table.concat(keys, " "))
local self = nil
self = coroutine.wrap(function() return pcall(self) end)
print(self())
