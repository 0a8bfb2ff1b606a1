-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- Producers, consumers and a round-robin scheduler.
local log = {}
local function task(name, n) return coroutine.create(function() for i = 1, n do log[#log + 1] = name .. i coroutine.yield() end end) end
local tasks = { task("a", 3), task("b", 5), task("c", 1) }
while #tasks > 0 do
	for i = #tasks, 1, -1 do
		local ok = coroutine.resume(tasks[i])
		if coroutine.status(tasks[i]) == "dead" then table.remove(tasks, i) end
	end
end
print(table.concat(log, " "))
local function producer() return coroutine.create(function() for _, l in ipairs { "one", "two", "three" } do coroutine.yield(l) end end) end
local function receive(p) local _, v = coroutine.resume(p) return v end
local function numbered(p) return coroutine.create(function() local n = 1 while true do local v = receive(p) if not v then return end coroutine.yield(n .. ":" .. v) n = n + 1 end end) end
local f = numbered(producer())
while true do local v = receive(f) if not v then break end print(v) end
local function nest(n) if n == 0 then return "bottom" end return coroutine.wrap(nest)(n - 1) end
print(nest(5))
local co = coroutine.wrap(function(...) local args = { ... } while true do local r = { coroutine.yield(#args, table.unpack(args)) } args = r end end)
print(co(1, 2)) print(co()) print(co(nil == 1, "x")) print(co(table.unpack({ 1, 2, 3, 4, 5, 6, 7, 8 })))
