-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- create, resume, yield, values in and out.
local co = coroutine.create(function(a, b)
	print("start", a, b)
	local c = coroutine.yield(a + b)
	print("got", c)
	local d, e = coroutine.yield(c * 2, "two")
	print("got", d, e)
	return "end", d + e
end)
print(coroutine.status(co)) print(coroutine.resume(co, 1, 2)) print(coroutine.status(co)) print(coroutine.resume(co, 10)) print(coroutine.resume(co, 3, 4)) print(coroutine.status(co))
print(coroutine.resume(co)) print(coroutine.resume(co, 1))
print(coroutine.resume(coroutine.create(function() end))) print(coroutine.resume(coroutine.create(function(...) return select("#", ...), ... end), nil, nil))
print(coroutine.resume(coroutine.create(function() return coroutine.yield() end)))
print(coroutine.resume(coroutine.create(function() error("inside") end))) print(coroutine.resume(coroutine.create(function() error({}) end)) == false)
print(coroutine.resume(coroutine.create(print), "direct C")) print(coroutine.resume(coroutine.create(coroutine.yield), 1, 2))
print(pcall(coroutine.create)) print(pcall(coroutine.create, 5)) print(pcall(coroutine.resume)) print(pcall(coroutine.resume, {})) print(pcall(coroutine.status, 5)) print(pcall(coroutine.yield))
local t = {}
for i = 1, 100 do t[i] = coroutine.create(function(x) while true do x = x + coroutine.yield(x) end end) assert(coroutine.resume(t[i], i)) end
local sum = 0
for i = 1, 100 do local _, v = coroutine.resume(t[i], 1000) sum = sum + v end
print(sum)
local deep = coroutine.create(function() local function f(n) if n == 0 then coroutine.yield("deep") else f(n - 1) end return n end return f(500) end)
print(coroutine.resume(deep)) print(coroutine.resume(deep))
