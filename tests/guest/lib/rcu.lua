-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- The library rcu: tables with every kind of key and value, rightly and wrongly used, against a plain Lua table.

local ktap = require("test.ktap")
local rcu = require("rcu")
local data = require("data")
local lunatik = require("lunatik")
local linux = require("linux")

local is, ok, raises = ktap.is, ktap.ok, ktap.raises

-- table

for _, size in ipairs { 1, 2, 100, 1024, 1 << 30 } do
	local t = rcu.table(size)
	t.a = size
	is("a table of size " .. size, t.a, size)
end
is("without a size", rcu.table().a, nil)
is("with nil", rcu.table(nil).a, nil)
for _, size in ipairs { 0, -1, math.mininteger, (1 << 30) + 1, 1 << 61, math.maxinteger } do
	raises(("table(%d)"):format(size), { "bad argument #1", "out of range" }, rcu.table, size)
end
ktap.wrong_types("table", "number nil", "number", 1, rcu.table, 1)
do
	local a, b = rcu.table(), rcu.table()
	a.x = 1
	is("two tables are two", b.x, nil)
end

-- values

local t = rcu.table()
local values = { ["nil"] = nil, ["true"] = true, ["false"] = false, zero = 0, one = 1, minus = -1, least = math.mininteger,
	most = math.maxinteger, empty = "", text = "text", zeros = "\0\0", ["48"] = ("x"):rep(48), ["49"] = ("y"):rep(49),
	page = ("z"):rep(4096), MiB = ("m"):rep(1 << 20) }
for name, value in pairs(values) do
	t.v = value
	ok("a value: " .. name, rawequal(t.v, value), tostring(t.v):sub(1, 60))
end
for name, first in pairs(values) do
	local good = true
	for _, second in pairs(values) do
		t.v = first
		t.v = second
		good = good and rawequal(t.v, second)
	end
	ok("any value over " .. name, good)
end
t.v = false
is("false is a value", t.v, false)
t.v = nil
is("nil deletes", t.v, nil)
t.v = nil
is("twice, too", t.v, nil)
local d = data.new(8)
t.v = d
t.v:setuint32(0, 7)
is("an object is the same memory", d:getuint32(0), 7)
is("read twice, it is the same", rawequal(t.v, t.v), true)
t.w = t.v
is("by another name, too", rawequal(t.v, t.w), true)
t.w = nil
d = nil
collectgarbage() collectgarbage()
is("which the table keeps", t.v:getuint32(0), 7)
do
	-- New objects come to lie where freed ones were: a handle must never be taken for that of another.
	local wrong = 0
	for i = 1, 5000 do
		t.v = data.new(i % 7 + 1)
		if #t.v ~= i % 7 + 1 or #t.v ~= i % 7 + 1 then wrong = wrong + 1 end
		if i % 100 == 0 then collectgarbage() linux.schedule(2) end
	end
	is("each object is itself", wrong, 0)
	do local _ <close> = t.v end
	is("closed through one name", select(2, pcall(function() return #t.v end)), "EBADF")
end
t.v = 1
is("an integer over an object", t.v, 1)
t.v = rcu.table()
t.v.inner = "in it"
is("a table in a table", t.v.inner, "in it")
t.v = t
is("a table in itself", t.v.v.v.nothing, nil)
t.v = nil
do
	-- Nobody has these any more but they themselves; unload must free them all the same.
	local a, b = rcu.table(), rcu.table()
	a.other, b.other = b, a
	a.self = a
end
for _, name in ipairs { "table", "function", "thread" } do
	raises("a value of type " .. name, "value expected, got " .. name, function() t.v = ktap.values[name]() end)
end
raises("an object that cannot leave its runtime", "this object cannot leave its runtime", function()
	t.v = require("device").new { name = "t_rcu" }
end)
do
	local closed = data.new(1)
	local other = data.new(1)
	t.v = other
	do local _ <close> = closed end
	raises("a closed object", "object is closed", function() t.v = closed end)
	is("leaves what was there", #t.v, 1)
end
raises("a string of more than a MiB", "string is too long", function() t.v = ("x"):rep((1 << 20) + 1) end)
t.v = nil

-- keys

for _, key in ipairs { "", "a", "ab", "abc", "\0", "a\0", "a\0b", ("k"):rep(254), ("k"):rep(255), "with spaces / and more", "\xff\xfe" } do
	t[key] = key .. "!"
end
for _, key in ipairs { "", "a", "ab", "abc", "\0", "a\0", "a\0b", ("k"):rep(254), ("k"):rep(255), "with spaces / and more", "\xff\xfe" } do
	is(("the key %q"):format(key:sub(1, 20)), t[key], key .. "!")
	t[key] = nil
end
is("no part of a key is a key", t.abcd, nil)
raises("a key of 256 bytes", "key is too long: at most 255 bytes", function() t[("k"):rep(256)] = 1 end)
is("there is nothing under one", t[("k"):rep(256)], nil)
for _, name in ipairs { "nil", "boolean", "table", "function", "thread", "data" } do
	raises("reading a key of type " .. name, "string expected, got " .. name, function()
		return getmetatable(t) or t[ktap.values[name]()]
	end)
	raises("writing a key of type " .. name, "string expected, got " .. name, function() t[ktap.values[name]()] = 1 end)
end
for _, what in ipairs { "#", "()", ".." } do
	raises(what .. " of a table", "attempt to", load("local t = ... return " .. (what == "#" and "#t" or what == "()" and "t()" or "t .. 1")), t)
end

-- growing, against a Lua table

do
	local grown, model, seed = rcu.table(), {}, 12345
	local function random(n)
		seed = (seed * 1103515245 + 12345) & 0x7fffffff
		return (seed >> 8) % n
	end
	local wrong, count = 0, 0
	for _ = 1, 30000 do
		local key = "key" .. random(6000)
		local what = random(4)
		local value = what == 0 and random(100) or what == 1 and "s" .. random(100) or what == 2 and random(2) == 0 or nil
		grown[key], model[key] = value, value
		local other = "key" .. random(6000)
		if not rawequal(grown[other], model[other]) then wrong = wrong + 1 end
	end
	is("30000 random writes and reads", wrong, 0)
	local seen = {}
	rcu.map(grown, function(key, value)
		if seen[key] or not rawequal(model[key], value) then wrong = wrong + 1 end
		seen[key] = true
	end)
	for key in pairs(model) do
		count = count + 1
		if not seen[key] then wrong = wrong + 1 end
	end
	is("map() gives each of its pairs once", wrong, 0)
	ok("which are many", count > 2000, count)
	rcu.map(grown, function(key) grown[key] = nil end)
	local left = 0
	rcu.map(grown, function() left = left + 1 end)
	is("all deleted while mapped", left, 0)
end

-- map

local function keys(of)
	local found = {}
	rcu.map(of, function(key, value) found[#found + 1] = key .. "=" .. (math.type and tostring(value) or tostring(value)) end)
	table.sort(found)
	return table.concat(found, " ")
end
local m = rcu.table()
is("map of nothing", keys(m), "")
is("map returns nothing", select("#", rcu.map(m, print)), 0)
m.a, m.b, m.c = 1, true, "x"
is("map of three", keys(m), "a=1 b=true c=x")
m.b = nil
is("map of two", keys(m), "a=1 c=x")
m.long, m.object = ("l"):rep(100), data.new(3)
do
	local sizes = {}
	rcu.map(m, function(key, value) sizes[key] = type(value) == "number" and value or #value end)
	is("map: a long string", sizes.long, 100)
	is("map: an object", sizes.object, 3)
end
do
	local first
	raises("an error of the callback", "on purpose", rcu.map, m, function(key) first = key error("on purpose") end)
	ok("after the first pair", first)
	local n = 0
	rcu.map(m, function(key)
		n = n + 1
		if n < 50 then m["more" .. n] = n end
	end)
	ok("a callback that adds ends", n < 60, n)
	for i = 1, 50 do m["more" .. i] = nil end
	n = 0
	rcu.map(m, function() rcu.map(m, function() n = n + 1 end) end)
	is("map in map", n, 16)
	raises("a callback that closes the table", "EBADF", rcu.map, m, function() local _ <close> = m end)
	raises("a closed table: read", "EBADF", function() return m.a end)
	raises("a closed table: write", "EBADF", function() m.a = 1 end)
	raises("a closed table: map", "EBADF", rcu.map, m, print)
end
raises("map()", { "bad argument #1", "rcu.table expected, got no value" }, rcu.map)
raises("map without a callback", { "bad argument #2", "function expected, got no value" }, rcu.map, t)
for name, make in pairs(ktap.values) do
	raises("map of a " .. name, { "bad argument #1", "rcu.table expected, got " }, rcu.map, make(), print)
	if name ~= "function" then
		raises("map with a " .. name, { "bad argument #2", "function expected, got " }, rcu.map, t, make())
	end
end

-- in other runtimes

for _, context in ipairs { "process", "softirq", "hardirq" } do
	local inner = lunatik.runtime("test/rcu_inner", context)
	local shared = rcu.table()
	shared.object = data.new(4)
	for i = 1, 50 do shared["k" .. i] = i end
	local answer
	repeat answer = inner:resume(shared) until answer ~= "more"
	is(context .. ": sets and gets", answer, "good")
	is(context .. ": an integer it set", shared.integer, -5)
	is(context .. ": a string it set", shared.string, ("s"):rep(1000))
	is(context .. ": a boolean it set", shared.boolean, false)
	is(context .. ": it deleted", shared.k7, nil)
	is(context .. ": keys it added", shared.added400, 400)
	is(context .. ": what it counted", shared.counted, true)
	inner:stop()
	is(context .. ": they stay when it ends", shared.string, ("s"):rep(1000))
end
is("_ENV is one of them", pcall(rcu.map, lunatik._ENV, function() end), true)
lunatik._ENV.t_rcu = t
t.through = "the other"
is("a table through _ENV", lunatik._ENV.t_rcu.through, "the other")
lunatik._ENV.t_rcu = nil
raises("an object of process context in softirq", "needs a process runtime", function()
	local inner <close> = lunatik.runtime("test/rcu_inner", "softirq")
	local shared = rcu.table()
	shared.k7, shared.object = 7, lunatik.runtime("test/rcu_none")
	inner:resume(shared)
end)

-- what is overwritten is given back

do
	local churn = rcu.table()
	for i = 1, 3000 do churn.v = ("x"):rep(100000) .. i end
	is("300 MB of strings through one key", #churn.v, 100004)
	for i = 1, 2000 do
		churn.o = data.new(100000)
		-- Its memory goes when no reader is left, and that takes a moment.
		if i % 50 == 0 then collectgarbage() linux.schedule(100) end
	end
	is("200 MB of objects", #churn.o, 100000)
end

ktap.finish()
