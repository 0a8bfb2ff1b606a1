-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- The library completion: each function, rightly and wrongly used, within one runtime.

local ktap = require("test.ktap")
local completion = require("completion")
local linux = require("linux")
local lunatik = require("lunatik")

local is, ok, raises = ktap.is, ktap.ok, ktap.raises

-- What a call returns, and how many milliseconds it took.
local function timed(f, ...)
	local begin = linux.time()
	local results = table.pack(f(...))
	results.ms = (linux.time() - begin) // 1000000
	return results
end

local function waited(name, results, first, second)
	is(name, results[1], first)
	is(name .. ": the reason", results[2], second)
	is(name .. ": results", results.n, second and 2 or 1)
end

local c = completion.new()
raises("new() of another kind is only a function", "attempt to call", function() return c() end)
waited("wait(0) of a new completion", timed(c.wait, c, 0), nil, "timeout")
do
	local results = timed(c.wait, c, 60)
	waited("wait(60) of a new completion", results, nil, "timeout")
	ok("took that long", results.ms >= 50, results.ms)
end
is("complete() returns nothing", select("#", c:complete()), 0)
waited("wait() after complete()", timed(c.wait, c), true)
waited("which took it", timed(c.wait, c, 0), nil, "timeout")
for _ = 1, 3 do c:complete() end
for i = 1, 3 do waited("wait() " .. i .. " after three", timed(c.wait, c), true) end
waited("and no fourth", timed(c.wait, c, 0), nil, "timeout")
c:complete()
waited("wait(0) after complete()", timed(c.wait, c, 0), true)
c:complete()
waited("wait of the longest time", timed(c.wait, c, math.maxinteger), true)
c:complete()
waited("wait(nil)", timed(c.wait, c, nil), true)
is("complete_all() returns nothing", select("#", c:complete_all()), 0)
for i = 1, 3 do waited("wait() " .. i .. " after complete_all()", timed(c.wait, c), true) end
c:complete()
waited("and after another complete()", timed(c.wait, c, 0), true)
waited("completion.wait and completion.complete are functions too", timed(function()
	local d = completion.new()
	completion.complete(d)
	return completion.wait(d, 0)
end), true)

-- wrong uses

for _, name in ipairs { "complete", "complete_all", "wait" } do
	local method = c[name]
	raises(name .. " of nothing", { "bad argument #1", "completion expected, got no value" }, method)
	for type_name, make in pairs(ktap.values) do
		raises(name .. " of a " .. type_name, { "bad argument #1", "completion expected, got " .. type_name }, method, make())
	end
	raises(name .. " of a runtime's table", "completion expected, got ", method, lunatik._ENV)
end
raises("wait of a table", { "bad argument #1", "number expected, got table" }, function() c:wait {} end)
raises("wait of a string that is no number", { "bad argument #1", "number expected, got string" }, function() c:wait("soon") end)
raises("wait(-1)", { "bad argument #1", "out of range" }, function() c:wait(-1) end)
raises("wait of the least integer", "out of range", c.wait, c, math.mininteger)
raises("a method that is none", "attempt to call", function() c:reinit() end)
local closed = completion.new()
do local _ <close> = closed end
for _, name in ipairs { "complete", "complete_all", "wait" } do
	raises(name .. " of a closed one", "EBADF", closed[name], closed)
end

-- in other runtimes

local inner = lunatik.runtime("test/cm_inner")
local shared = completion.new()
inner:resume("complete", shared)
waited("complete() in another runtime", timed(shared.wait, shared, 0), true)
shared:complete()
is("wait() in another runtime", inner:resume("wait", shared), true)
is("what resume gives back is the same", inner:resume("same", shared):wait(0), nil)
lunatik._ENV.t_completion = shared
lunatik._ENV.t_completion:complete()
lunatik._ENV.t_completion = nil
waited("complete() through the shared table", timed(shared.wait, shared, 0), true)
inner:stop()
for _, context in ipairs { "softirq", "hardirq" } do
	local atomic <close> = lunatik.runtime("test/cm_inner", context)
	atomic:resume("complete", shared)
	waited("complete() in a " .. context .. " runtime", timed(shared.wait, shared, 0), true)
	atomic:resume("complete_all", shared)
	waited("complete_all() in a " .. context .. " runtime", timed(shared.wait, shared, 0), true)
	shared = completion.new()
	local made = atomic:resume("new")
	made:complete()
	waited("one made in a " .. context .. " runtime", timed(made.wait, made, 0), true)
	raises("wait() in a " .. context .. " runtime", { "'wait' may sleep and cannot be called in a " .. context .. " runtime" },
		atomic.resume, atomic, "wait", shared)
end

ktap.finish()
