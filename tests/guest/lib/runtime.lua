-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- Runtimes made by a script; runtime.sh installs those whose names begin with rt_.

local ktap = require("test.ktap")
local lunatik = require("lunatik")
local data = require("data")
local linux = require("linux")
local device = require("device")

local is, ok, raises = ktap.is, ktap.ok, ktap.raises
local runtime = lunatik.runtime

-- lunatik.runtime

local echo = runtime("test/rt_echo")
is("a runtime is an object", type(echo), "userdata")
ok("tostring names its class", tostring(echo):find("^runtime: "), tostring(echo))
for _, context in ipairs { true, "process", false, "softirq", "hardirq" } do
	local made = runtime("test/rt_echo", context)
	is(("runtime(script, %s)"):format(context), type(made), "userdata")
	made:stop()
end
runtime("test/rt_echo", nil):stop()
is("a script made by a script has no arguments", runtime("test/rt_arguments"):resume(), 0)

raises("a script there is none of", "no script /lib/modules/lua/test/nosuch.lua", runtime, "test/nosuch")
raises("a script that does not compile", { "rt_bad.lua:1:", "syntax error" }, runtime, "test/rt_bad")
raises("a script that raises", { "rt_raises.lua:2: raised while loading" }, runtime, "test/rt_raises")
for _, name in ipairs { "", "/", "/etc/passwd", "..", "../x", "a/../b", "test/..", "a/", "a\nb", "a\0b", "\127", ("x"):rep(256),
	("x"):rep(100000) } do
	raises("the name " .. name:sub(1, 12):gsub("%c", "?"), "is no script name", runtime, name)
end
raises("a name of 255 bytes there is no script of", "", runtime, ("x"):rep(255))
raises("a directory", "", runtime, "test")
ktap.wrong_types("runtime", "string number", "string", 1, runtime)
raises("runtime()", { "bad argument #1", "string expected, got no value" }, runtime)
for type_name, make in pairs(ktap.values) do
	if type_name ~= "nil" and type_name ~= "boolean" then
		raises("a context of type " .. type_name, { "bad argument #2" }, runtime, "test/rt_echo", make())
	end
end
for _, context in ipairs { "irq", "", "Process", "softirq ", "process\0" } do
	raises("the context '" .. context:gsub("%z", "?") .. "'", { "bad argument #2 to 'runtime'", '"hardirq" expected' }, runtime,
		"test/rt_echo", context)
end

-- resume: what goes in comes out

local function crosses(name, ...)
	local wanted, got = table.pack(...), table.pack(echo:resume(...))
	is(name .. ": number of values", got.n, wanted.n)
	for i = 1, wanted.n do is(("%s: value %d"):format(name, i), got[i], wanted[i]) end
end
crosses("nothing")
crosses("nil", nil)
crosses("nils", nil, nil, nil)
crosses("booleans", true, false)
crosses("integers", 0, -1, math.maxinteger, math.mininteger)
crosses("strings", "", "text", "with\0zero", "\xff\xfe", ("x"):rep(10))
crosses("a mixture", 1, nil, "two", false, nil)
do
	local long = ("0123456789"):rep(100000)
	ok("a string of a million bytes", echo:resume(long) == long)
	local many = {}
	for i = 1, 200 do many[i] = i end
	local got = table.pack(echo:resume(table.unpack(many)))
	is("200 values: their number", got.n, 200)
	is("200 values: the last", got[200], 200)
	-- A runtime of its own: the error may end the task.
	local other = runtime("test/rt_echo")
	local success, message = pcall(function() return select("#", other:resume(table.unpack(many, 1, 100000))) end)
	ok("100000 values come back or are refused", not success or message == 100000, tostring(message))
	crosses("after that", "still", "here")
end
is("resume as a function", lunatik.resume(echo, "x"), "x")

do
	local d = data.new(11)
	is("an object: its length inside", runtime("test/rt_share"):resume(d), 11)
	is("an object: what was done to it inside", d:getstring(0), "from inside")
	local back = echo:resume(d)
	back:setstring(0, "and back   ")
	is("an object that went there and back is the same memory", d:getstring(0), "and back   ")
	local inner = runtime("test/rt_echo")
	is("a runtime crosses", (echo:resume(inner)):resume("through"), "through")
	is("the shared table crosses", type(echo:resume(lunatik._ENV)), "userdata")
	echo:resume()
	inner:stop()
end

-- what stays

local single = device.new { name = "t_single_outer" }
raises("a device does not leave its runtime", { "bad argument #1", "cannot leave its runtime" },
	function() echo:resume(single) end)
for _, type_name in ipairs { "table", "function", "thread" } do
	raises(("a %s does not leave its runtime"):format(type_name), { "bad argument #1", "got " .. type_name },
		function() echo:resume(ktap.values[type_name]()) end)
	raises(("a %s does not as third value"):format(type_name), { "bad argument #3", "got " .. type_name },
		function() echo:resume(1, 2, ktap.values[type_name]()) end)
end
crosses("after refused values", 1, "two")
single:stop()
raises("a stopped object as a value", "", function() echo:resume(single) end)

for what, pieces in pairs { table = { "result #1", "table" }, ["function"] = { "result #2", "function" },
	thread = { "result #1", "thread" }, third = { "result #3", "table" }, device = { "result #1" } } do
	local refused = runtime("test/rt_refused")
	refused:resume()
	raises("a result that stays: " .. what, pieces, refused.resume, refused, what)
	refused:stop()
end

-- how a task ends

local once = runtime("test/rt_once")
is("results of return", table.concat({ once:resume("a", "b") }, " "), "a b end")
raises("resume after the function returned", "", once.resume, once)
raises("and again", "", once.resume, once, 1, 2)
once:stop()
raises("resume of a script that returned nothing", "no function to run", function() runtime("test/rt_none"):resume() end)
raises("resume of a script that returned a table", "no function to run", function() runtime("test/rt_table"):resume() end)
do
	local next_task = runtime("test/rt_next")
	is("a function that is returned is the next task", select("#", next_task:resume()), 0)
	is("which is resumed then", table.concat({ next_task:resume("x") }, " "), "second x")
end
do
	local failing = runtime("test/rt_error")
	raises("an error inside names the place", "rt_error.lua:3: boom", failing.resume, failing, "boom")
	raises("a task that failed is over", "", failing.resume, failing, "again")
	is("stop of it", select("#", failing:stop()), 0)
	raises("an error that is no string", "", function() runtime("test/rt_error"):resume(true) end)
	raises("an error that is nil", "", function() runtime("test/rt_error"):resume(nil) end)
end

-- stop

local stopped = runtime("test/rt_echo")
is("stop returns nothing", select("#", stopped:stop()), 0)
stopped:stop()
lunatik.stop(stopped)
raises("resume after stop", "EBADF", stopped.resume, stopped, 1)
raises("lunatik.resume after stop", "EBADF", lunatik.resume, stopped)
raises("a stopped runtime as a value", "", echo.resume, echo, stopped)
do
	local scoped
	do
		local inner <close> = runtime("test/rt_echo")
		is("a runtime that is closed at the end of its block", inner:resume(5), 5)
		scoped = inner
	end
	raises("is stopped then", "EBADF", scoped.resume, scoped)
end
for _, method in ipairs { "stop", "resume" } do
	for _, wrong in ipairs { "nil", "boolean", "number", "string", "table", "function", "thread", "data" } do
		raises(("%s of a %s"):format(method, wrong), { "bad argument #1", "runtime expected, got " .. wrong }, lunatik[method],
			ktap.values[wrong]())
	end
	raises(method .. " of nothing", { "bad argument #1", "runtime expected, got no value" }, lunatik[method])
end
raises("a method there is none of", "attempt to call a nil value", function() echo:start() end)
ok("200 runtimes one after the other", pcall(function() for _ = 1, 200 do runtime("test/rt_none"):stop() end end))
do
	local many = {}
	for i = 1, 100 do many[i] = runtime("test/rt_echo") end
	local sum = 0
	for i = 1, 100 do sum = sum + many[i]:resume(i) end
	is("100 runtimes at once", sum, 5050)
	many = nil
	collectgarbage()
	collectgarbage()
	is("nobody misses them", echo:resume("x"), "x")
end

-- runtimes that reach each other

do
	local a, b = runtime("test/rt_call"), runtime("test/rt_call")
	is("a runtime resumes another", table.concat({ select(2, a:resume(echo, "resume", "in", "side")) }, " "), "in side")
	local success, message = a:resume(a, "resume", 1)
	is("a runtime that resumes itself fails", success, false)
	ok("with an error that says why", tostring(message):find("EDEADLK"), tostring(message))
	local inner_success
	success, inner_success, message = a:resume(b, "resume", a, "resume")
	is("A resumes B: that works", success, true)
	is("which resumes A: that does not", inner_success, false)
	ok("with EDEADLK", tostring(message):find("EDEADLK"), tostring(message))
	is("A lives on", (a:resume(echo, "resume", 1)), true)
	is("B lives on", (b:resume(echo, "resume", 1)), true)

	is("a runtime stops another", (a:resume(echo, "stop")), true)
	raises("which is stopped for all", "EBADF", echo.resume, echo)
	echo = runtime("test/rt_echo")
	-- A runtime that stops itself gets an error, or is stopped once it is back.
	success, message = pcall(a.resume, a, a, "stop")
	ok("a runtime that stops itself", success or type(message) == "string", tostring(message))
	b:stop()
	a:stop()
end
do
	-- Each one is entered from the one before, on the same kernel stack.
	local chain, depth
	local success, message = pcall(function()
		for i = 1, 100 do
			local link = runtime("test/rt_chain")
			depth = link:resume(chain)
			assert(depth == i, depth)
			chain = link
		end
	end)
	is("a chain of resumes ends with an error, not with the stack", success, false)
	ok("which says what happened", tostring(message):find("stack overflow", 1, true), tostring(message))
	ok("the first ones work", depth and depth >= 3, tostring(depth))
	chain = nil
	collectgarbage()
	collectgarbage()

	lunatik._ENV.depth = 0
	success, message = pcall(runtime, "test/rt_nest")
	is("scripts that make runtimes without end are ended", success, false)
	ok("with an error that says why", tostring(message):find("stack overflow", 1, true) or
		tostring(message):find("not enough memory", 1, true), tostring(message))
	ok("the first ones work", lunatik._ENV.depth >= 2, tostring(lunatik._ENV.depth))
	lunatik._ENV.depth = nil
	collectgarbage()
	is("and all is well afterwards", runtime("test/rt_echo"):resume(7), 7)
end

-- the shared table

local shared = lunatik._ENV
local function keeps(name, value)
	shared.t_value = value
	ok("the shared table keeps " .. name, rawequal(shared.t_value, value), tostring(shared.t_value):sub(1, 40))
end
is("a key that is not there", shared.t_nosuch, nil)
keeps("a string", "text")
keeps("an empty string", "")
keeps("a string with zeros", "a\0b\0")
keeps("an integer", math.mininteger)
keeps("true", true)
keeps("false", false)
shared.t_value = ("x"):rep(1 << 20)
ok("the shared table keeps a string of a MiB", shared.t_value == ("x"):rep(1 << 20))
keeps("a shorter one", "x")
keeps("nothing", nil)
shared["with spaces / and\0zero"] = 1
is("any string is a key", shared["with spaces / and\0zero"], 1)
is("not just a part of it", shared["with spaces / and"], nil)
shared["with spaces / and\0zero"] = nil
shared[("k"):rep(255)] = 2
is("a key of 255 bytes", shared[("k"):rep(255)], 2)
shared[("k"):rep(255)] = nil
shared[""] = 3
is("an empty key", shared[""], 3)
shared[""] = nil
raises("a key of 256 bytes", "key is too long", function() shared[("k"):rep(256)] = 1 end)
for _, type_name in ipairs { "table", "function", "thread" } do
	raises("a value of type " .. type_name, "got " .. type_name, function() shared.t_value = ktap.values[type_name]() end)
end
for _, type_name in ipairs { "nil", "boolean", "table", "function", "thread", "data" } do
	raises("reading a key of type " .. type_name, "string expected, got " .. type_name,
		function() return shared[ktap.values[type_name]()] end)
	raises("writing a key of type " .. type_name, "got " .. type_name,
		function() shared[ktap.values[type_name]()] = 1 end)
end
do
	local d = data.new(4)
	shared.t_object = d
	shared.t_object:setstring(0, "same")
	is("an object in the shared table is the same memory", d:getstring(0), "same")
	d = nil
	collectgarbage()
	is("which it keeps", shared.t_object:getstring(0), "same")
	shared.t_runtime = runtime("test/rt_echo")
	collectgarbage()
	is("a runtime in the shared table", shared.t_runtime:resume("kept"), "kept")
	shared.t_runtime:stop()
	raises("one that was stopped", "", function() return shared.t_runtime:resume() end)
	shared.t_runtime, shared.t_object = nil, nil
	local dev = device.new { name = "t_single_outer" }
	raises("a device does not go there", "cannot leave its runtime", function() shared.t_object = dev end)
	dev:stop()
end
ok("1000 keys", pcall(function()
	for i = 1, 1000 do shared["t_key" .. i] = i end
	for i = 1, 1000 do assert(shared["t_key" .. i] == i) shared["t_key" .. i] = nil end
end))
shared.t_left = "for the next one"

-- a runtime for softirqs, from the outside: what may sleep is refused by name, what may not is bounded

local atomic = runtime("test/rt_atomic", "softirq")
for what, message in pairs { schedule = "'schedule' may sleep", require = "softirq runtime", loadfile = "softirq runtime",
	dofile = "softirq runtime", module = "softirq runtime", runtime = "'runtime' may sleep" } do
	local said = tostring(atomic:resume(what))
	ok("a softirq runtime refuses " .. what, said:find(message, 1, true), said)
end
for _, what in ipairs { "random", "data", "strings", "shared", "count", "print" } do
	is("a softirq runtime can do " .. what, atomic:resume(what), "fine")
end
do
	-- Filling 64 MiB may take longer than a handler has.
	local victim = runtime("test/rt_atomic", "softirq")
	local _, message = pcall(victim.resume, victim, "memory")
	message = tostring(message)
	ok("a softirq runtime that allocates for ever is ended", message:find("not enough memory", 1, true) or
		message:find("time budget exceeded", 1, true), message)
	victim:stop()
end
for _, what in ipairs { "loop", "pattern", "pcall" } do
	local victim = runtime("test/rt_atomic", "softirq")
	local start = linux.time()
	raises(("an endless %s in a softirq runtime"):format(what), "time budget exceeded", victim.resume, victim, what)
	local took = (linux.time() - start) // 1000000
	ok(("an endless %s is ended soon"):format(what), took < 2000, took .. " ms")
	victim:stop()
end
is("a softirq runtime beside it lives on", atomic:resume("count"), "fine")
atomic:stop()
do
	local hard = runtime("test/rt_atomic", "hardirq")
	ok("a hardirq runtime refuses to sleep", tostring(hard:resume("schedule")):find("hardirq runtime", 1, true))
	is("a hardirq runtime works", hard:resume("count"), "fine")
	is("its strings too", hard:resume("strings"), "fine")
	raises("an endless loop in a hardirq runtime", "time budget exceeded", hard.resume, hard, "loop")
	hard:stop()
end

echo:stop()
ktap.finish()
