-- SPDX-License-Identifier: MIT OR GPL-2.0-only
--
-- What a script can time by itself: a line "name nanoseconds" each, the time of one, without the loop around it.
local linux = require("linux")
local lunatik = require("lunatik")
local data = require("data")

-- The guest's only CPU has workers and timers to serve as well, some milliseconds at a time: the middle one of many had none.
local function middle(count, f)
	local times = {}
	for i = 1, count do
		local begin = linux.time()
		f()
		times[i] = linux.time() - begin
	end
	table.sort(times)
	return times[count // 2 + 1]
end

local function time(count, f)
	f(count)
	return middle(9, function() f(count) end)
end

local empty = time(10000, function(n) for i = 1, n do end end)
local function row(name, f, count)
	count = count or 10000
	print(name, (time(count, f) - empty * count // 10000) // count)
end

print("runtime", middle(101, function() lunatik.runtime("bench/empty"):stop() end))
local plain = { x = 5 }
row("table.get", function(n) local t = plain for i = 1, n do local x = t.x end end)
local env = lunatik._ENV
env.x = 5
env.object = data.new(8)
row("_ENV.get", function(n) local e = env for i = 1, n do local x = e.x end end)
row("_ENV.get.object", function(n) local e = env for i = 1, n do local x = e.object end end, 2000)
env.x, env.object = nil, nil
local t = require("rcu").table()
t.x, t.object = 5, data.new(8)
row("rcu.get", function(n) local t = t for i = 1, n do local x = t.x end end)
row("rcu.get.object", function(n) local t = t for i = 1, n do local x = t.object end end, 2000)
row("rcu.set", function(n) local t = t for i = 1, n do t.x = i end end, 2000)
local d = data.new(64)
row("data.getuint16", function(n) for i = 1, n do d:getuint16(2) end end)
row("linux.hton16", function(n) local hton16 = linux.hton16 for i = 1, n do hton16(2) end end)
