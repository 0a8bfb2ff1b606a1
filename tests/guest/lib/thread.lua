-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- The library thread: each function, rightly and wrongly used.

local ktap = require("test.ktap")
local thread = require("thread")
local completion = require("completion")
local linux = require("linux")
local lunatik = require("lunatik")

local is, ok, raises = ktap.is, ktap.ok, ktap.raises
local shared = lunatik._ENV

local function within(ms, condition)
	for _ = 1, ms, 20 do
		if condition() then return true end
		linux.schedule(20)
	end
	return condition()
end

-- Runs what(done, ...) of th_inner in a thread; `done` is completed when it has begun.
local function started(what, ...)
	local runtime = lunatik.runtime("test/th_inner")
	local began = completion.new()
	runtime:resume(what, began, ...)
	local t = thread.run(runtime, "th/" .. what)
	is(what .. ": it begins", began:wait(10000), true)
	return t, runtime
end

-- task

do
	local t, runtime = started("until")
	local task = t:task()
	is("task().command is the name", task.command, "th/until")
	ok("task().pid is a pid", task.pid > 1, task.pid)
	is("task().tgid is the same", task.tgid, task.pid)
	ok("task().cpu is a CPU", math.ult(task.cpu, 64), task.cpu)
	local fields = {}
	for name in pairs(task) do fields[#fields + 1] = name end
	table.sort(fields)
	is("task() has no other fields", table.concat(fields, " "), "command cpu pid tgid")
	t:task().pid = 0
	is("each task() is another table", t:task().pid, task.pid)
	raises("a second thread for the same runtime", "EBUSY", thread.run, runtime, "second")
	is("stop() returns nothing", select("#", t:stop()), 0)
	is("it saw shouldstop()", shared.t_saw, true)
	raises("task() after its end", "ESRCH", t.task, t)
	is("stop() again", select("#", t:stop()), 0)
	raises("a runtime whose function has returned", "has returned no function to run", thread.run, runtime, "again")
	shared.t_saw = nil
end

-- stop, whatever it does

for _, what in ipairs { "loop", "loop_pcall", "sleep", "wait", "wait_pcall", "inside", "lock" } do
	local t, runtime = started(what)
	local begin = linux.time()
	t:stop()
	local ms = (linux.time() - begin) // 1000000
	ok("stop() of a thread that does " .. what .. " ends in time", ms < 3000 * (shared.t_slow or 1), ms)
	raises(what .. ": it has ended", "ESRCH", t.task, t)
	-- The runtime is still good.
	raises(what .. ": its function is over", "cannot resume dead coroutine", runtime.resume, runtime)
	runtime:stop()
	is(what .. ": stop() when the runtime is stopped, too", select("#", t:stop()), 0)
end

-- the end without stop()

do
	local t = started("return")
	ok("a thread whose function returns has ended", within(5000, function() return not pcall(t.task, t) end))
	is("stop() then", select("#", t:stop()), 0)
	t = started("raise")
	ok("a thread whose function raises has ended", within(5000, function() return not pcall(t.task, t) end))
	local _, runtime = started("until")
	runtime:stop()
	is("runtime:stop() ends it", shared.t_saw, true)
	shared.t_saw = nil
	do
		local runtime <const> = lunatik.runtime("test/th_inner")
		local began = completion.new()
		runtime:resume("until", began)
		local t <close> = thread.run(runtime, "closed")
		began:wait(10000)
	end
	is("so does <close>", shared.t_saw, true)
	shared.t_saw = nil
	local t2 = started("sleep")
	do local _ <close> = t2 end
	raises("a closed thread: stop", "EBADF", t2.stop, t2)
	raises("a closed thread: task", "EBADF", t2.task, t2)
end

-- dropped: it goes on

do
	shared.t_beats = 0
	local t, runtime = started("beat")
	local pid = t:task().pid
	t, runtime = nil, nil
	collectgarbage() collectgarbage()
	local beats = shared.t_beats
	ok("a thread that nobody refers to goes on", within(10000, function() return shared.t_beats > beats + 1 end), shared.t_beats)
	shared.t_halt = true
	ok("until it returns", within(10000, function() return shared.t_halted end))
	shared.t_beats, shared.t_halt, shared.t_halted = nil, nil, nil
end

-- the same runtime once more

do
	local runtime = lunatik.runtime("test/th_again")
	for i = 1, 5 do
		local t = thread.run(runtime, "again" .. i)
		ok("run " .. i .. " of one runtime", within(10000, function() return not pcall(t.task, t) end))
		is("it ran", shared.t_runs, i)
	end
	shared.t_runs = nil
end

-- current, shouldstop

is("shouldstop() of a script nobody stops", thread.shouldstop(), false)
do
	local me = thread.current()
	is("current():task() has a command", type(me:task().command), "string")
	is("and the pid it always has", me:task().pid, thread.current():task().pid)
	raises("stop() of a task that is no runtime's", "this is not the thread of a script", me.stop, me)
	local t = started("current")
	is("current() in a thread is itself", within(10000, function() return shared.t_pid end) and shared.t_pid, t:task().pid)
	is("stop() of itself", within(10000, function() return shared.t_self end) and shared.t_self, "EDEADLK")
	is("what it is called there", shared.t_command, "th/current")
	shared.t_thread:stop()
	raises("stop() through what current() gave", "ESRCH", t.task, t)
	shared.t_pid, shared.t_self, shared.t_command, shared.t_thread = nil, nil, nil, nil
end

-- two that stop each other

do
	local first, second = started("stopper"), nil
	second = started("stopper")
	shared.t_first, shared.t_second = first, second
	shared.t_go = true
	-- One interrupts the other's stop(), or both do; neither waits for ever.
	ok("of two that stop each other one ends", within(15000, function() return not pcall(first.task, first) or not pcall(second.task, second) end))
	first:stop()
	second:stop()
	ok("and both can be stopped", not pcall(first.task, first) and not pcall(second.task, second))
	shared.t_first, shared.t_second, shared.t_go = nil, nil, nil
end

-- names

do
	local function named(name)
		local runtime = lunatik.runtime("test/th_inner")
		runtime:resume("until", completion.new())
		local t <close> = thread.run(runtime, name)
		return t:task().command
	end
	is("a name is no format", named("%s%n%p%d"), "%s%n%p%d")
	is("a long name is cut by the kernel", named(("x"):rep(63)), ("x"):rep(15))
	shared.t_saw = nil
end
local runtime = lunatik.runtime("test/th_inner")
runtime:resume("until", completion.new())
raises("an empty name", { "bad argument #2", "1 to 63 bytes" }, thread.run, runtime, "")
raises("a name of 64 bytes", { "bad argument #2", "1 to 63 bytes" }, thread.run, runtime, ("x"):rep(64))
raises("a name with a zero", { "bad argument #2" }, thread.run, runtime, "a\0b")
raises("a name with a newline", { "bad argument #2" }, thread.run, runtime, "a\nb")
ktap.wrong_types("run", "runtime", "runtime", 1, thread.run, runtime, "x")
ktap.wrong_types("run", "string number", "string", 2, thread.run, runtime, "x")
raises("run()", { "bad argument #1", "runtime expected, got no value" }, thread.run)
raises("run without a name", { "bad argument #2", "string expected, got no value" }, thread.run, runtime)
raises("a runtime whose script returned nothing", "has returned no function to run", thread.run, lunatik.runtime("test/th_none"), "x")
raises("a runtime of softirq", "process runtime expected", thread.run, lunatik.runtime("test/th_again", "softirq"), "x")
raises("a runtime of hardirq", "process runtime expected", thread.run, lunatik.runtime("test/th_again", "hardirq"), "x")
runtime:stop()
raises("a runtime that is stopped", { "bad argument #1", "runtime is closed" }, thread.run, runtime, "x")
local method = thread.current()
for _, name in ipairs { "stop", "task" } do
	raises(name .. " of nothing", { "bad argument #1", "thread expected, got no value" }, method[name])
	for type_name, make in pairs(ktap.values) do
		raises(name .. " of a " .. type_name, { "bad argument #1", "thread expected, got " .. type_name }, method[name], make())
	end
end
is("thread.stop and thread.task are functions, too", type(thread.stop) .. type(thread.task), "functionfunction")

-- where nothing may sleep

for _, context in ipairs { "softirq", "hardirq" } do
	local atomic = lunatik.runtime("test/th_atomic", context)
	is("shouldstop() in " .. context, atomic:resume("shouldstop"), false)
	raises("run() in " .. context, "'run' may sleep", atomic.resume, atomic, "run")
	atomic:stop()
	atomic = lunatik.runtime("test/th_atomic", context)
	raises("current() in " .. context, "'current' may sleep", atomic.resume, atomic, "current")
	atomic:stop()
end

ktap.finish()
