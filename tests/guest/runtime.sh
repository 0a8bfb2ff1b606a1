#!/bin/bash
# SPDX-License-Identifier: MIT OR GPL-2.0-only
# suite: core timeout=200
#
# Runtimes that scripts make: lunatik.runtime, resume with all that crosses, stop, the shared table.

# shellcheck source=tests/guest/lib/guest.sh
. "$(dirname "$0")/lib/guest.sh"

install_script rt_echo <<'EOF'
return function(...)
	local values = table.pack(...)
	while true do values = table.pack(coroutine.yield(table.unpack(values, 1, values.n))) end
end
EOF
install_script rt_none <<<'local nothing = 1'
install_script rt_table <<<'return {}'
install_script rt_once <<<'return function(a, b) return a, b, "end" end'
install_script rt_next <<<'return function() return function(x) return "second", x end end'
install_script rt_error <<'EOF'

return function(what)
	error(what)
end
EOF
install_script rt_bad <<<'this is no Lua'
install_script rt_raises <<'EOF'

error("raised while loading")
EOF
install_script rt_arguments <<<'local n = select("#", ...) return function() return n end'
install_script rt_refused <<'EOF'
local values = {
	table = function() return {} end, ["function"] = function() return nil, print end,
	thread = function() return coroutine.create(print) end, third = function() return 1, 2, debug.getregistry() end,
	device = function() return (require("device").new { name = "t_single" }) end,
}
return function()
	local what = coroutine.yield()
	while true do what = coroutine.yield(values[what]()) end
end
EOF
install_script rt_share <<'EOF'
return function(data)
	while true do
		data:setstring(0, "from inside")
		data = coroutine.yield(#data)
	end
end
EOF
install_script rt_call <<'EOF'
-- Does with its first argument what the second says, and gives back whether it worked.
return function(object, what, ...)
	local arguments = table.pack(...)
	while true do
		(function(next, verb, ...)
			object, what, arguments = next, verb, table.pack(...)
		end)(coroutine.yield(pcall(function()
			return object[what](object, table.unpack(arguments, 1, arguments.n))
		end)))
	end
end
EOF
install_script rt_nest <<'EOF'
local lunatik = require("lunatik")
lunatik._ENV.depth = lunatik._ENV.depth + 1
local inner = lunatik.runtime("test/rt_nest")
EOF
install_script rt_chain <<'EOF'
-- Resumes the runtime it was given first, each time it is resumed itself.
return function(next)
	while true do coroutine.yield(next and 1 + next:resume() or 1) end
end
EOF
install_script rt_atomic <<'EOF'
local lunatik, linux, data = require("lunatik"), require("linux"), require("data")
local tests = {
	schedule = function() linux.schedule(1) end,
	require = function() require("test.rt_echo") end,
	loadfile = function() assert(loadfile("/lib/modules/lua/test/rt_echo.lua")) end,
	dofile = function() dofile("/lib/modules/lua/test/rt_echo.lua") end,
	module = function() require("nosuchmodule") end,
	runtime = function() lunatik.runtime("test/rt_echo") end,
	random = function() assert(linux.random(1, 1) == 1) return "fine" end,
	data = function() local d = data.new(100) d:setbyte(99, 7) return d:getbyte(99) == 7 and "fine" end,
	strings = function() return ("x"):rep(10000):gsub("x", "yy"):len() == 20000 and "fine" end,
	shared = function() lunatik._ENV.atomic = "yes" return lunatik._ENV.atomic == "yes" and "fine" end,
	loop = function() while true do end end,
	pattern = function() return ("a"):rep(40):find(("a?"):rep(40) .. ("a"):rep(40) .. "b") end,
	pcall = function() while true do pcall(function() while true do end end) end end,
	count = function() local n = 0 for i = 1, 1000 do n = n + i end return n == 500500 and "fine" end,
	memory = function() local t = {} for i = 1, math.maxinteger do t[i] = ("x"):rep(100000) .. i end end,
	recursion = function() local function f() return 1 + f() end return f() end,
	print = function() print("# printed in a softirq runtime") return "fine" end,
}
return function(what)
	while true do
		if what == "loop" or what == "pattern" or what == "pcall" then
			what = coroutine.yield(tests[what]())
		else
			what = coroutine.yield(select(2, pcall(tests[what])))
		end
	end
end
EOF
# What is correct is told from what is fast: an emulated CPU under load may need more than the standard 50 ms for some of it.
lunatik load
echo 1500 >/sys/module/lunatik/parameters/budget
# For KASAN each of twenty thousand calls is a block of the kernel's, with a trace of its own: there 12 seconds are too few to reach the
# stack's end, and its time is what ends it.
ends=(0 'stack overflow' '')
[ $slow = 1 ] || ends=(1 '' 'time budget exceeded')
gives "recursion in a softirq runtime is an error" "${ends[@]}" \
	lunatik run -e 'print(require("lunatik").runtime("test/rt_atomic", "softirq"):resume("recursion"))'
lua_suite runtime

# A block of vmalloc()'s, which the body of a hardirq runtime gets, is given back while interrupts are off: not by whoever is there.
install_script rt_vmalloc <<'EOF'
local half = ("x"):rep(2200000)
local big = half .. half
half = nil
return function()
	big = nil
	collectgarbage()
	return "given back"
end
EOF
tracing=/sys/kernel/tracing
mountpoint -q $tracing || mount -t tracefs tracefs $tracing
traced=$(grep -cw function $tracing/available_tracers)
if [ "$traced" = 1 ]; then
	echo vfree >$tracing/set_ftrace_filter
	echo function >$tracing/current_tracer
fi
gives "a hardirq runtime gives back a block of vmalloc()'s" 0 '^given back$' '' \
	lunatik run -e 'print(require("lunatik").runtime("test/rt_vmalloc", "hardirq"):resume())'
if [ "$traced" = 1 ]; then
	ok "a worker frees it" within 5 grep -q 'kworker.*: vfree <-' $tracing/trace
	is "nobody does with interrupts off" "$(grep -E '\] [dD].*: vfree <-' $tracing/trace)" ''
	echo nop >$tracing/current_tracer
	echo >$tracing/set_ftrace_filter
fi
[ ! -e /sys/module/lunatik ] || echo 50 >/sys/module/lunatik/parameters/budget
finish
