#!/usr/bin/python3
# SPDX-License-Identifier: MIT OR GPL-2.0-only
# suite: core timeout=300
"""Probes of kernel functions: handlers, what they read, how they fail, how they end, and that none of it harms the kernel."""

import os
import pathlib
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), "lib"))
from ktap import SLOW, equal, evaluate, finish, install, like, lunatik, ok, one_cpu, run_test, shared, stop, within

LIST = pathlib.Path("/sys/kernel/debug/kprobes/list")
GETPPID = "__x64_sys_getppid"


def run(name, source, context="hardirq"):
    return run_test(name, source, context)


def hit(times=1):
    for _ in range(times):
        os.getppid()


def armed():
    return LIST.read_text().count("getppid")


def log():
    return subprocess.run(["dmesg"], capture_output=True, text=True).stdout


def refusals():
    """Wrong uses, in the body of a hardirq script, and in runtimes of other contexts."""
    result = run("p_wrong", r'''
local ktap = require("test/ktap")
local probe = require("probe")
local nothing = function() end
ktap.wrong_types("new", "string number", "string or light userdata", 1, probe.new, "x", {pre = nothing})
ktap.wrong_types("new", "table", "table", 2, probe.new, "getppid", {pre = nothing})
for _, name in ipairs {"pre", "post", "ret"} do
	for _, value in ipairs {1, "x", {}, true} do
		ktap.raises(name .. " is a " .. type(value), {"bad field '" .. name .. "'", "function expected, got " .. type(value)},
			probe.new, "__x64_sys_getppid", {[name] = value})
	end
end
ktap.raises("no handler", "a function 'pre', 'post' or 'ret' expected", probe.new, "__x64_sys_getppid", {})
for _, symbol in ipairs {"no_such_function", "", "getppid\0", ("x"):rep(5000)} do
	ktap.raises("no such symbol", "ENOENT", probe.new, symbol, {pre = nothing})
	ktap.raises("no such symbol to return from", "ENOENT", probe.new, symbol, {ret = nothing})
end
ktap.raises("data cannot be probed", "EINVAL", probe.new, "jiffies", {pre = nothing})
ktap.raises("what handles probes cannot be probed", "EINVAL", probe.new, "kprobe_int3_handler", {pre = nothing})
ktap.raises("nor both", "EINVAL", probe.new, "kprobe_int3_handler", {pre = nothing, ret = nothing})
for _, symbol in ipairs {"luaG_errormsg", "luaV_execute", "lunatik_invoke"} do
	ktap.raises("what an error leaves has no return", "EINVAL", probe.new, symbol, {ret = nothing})
	ktap.raises("nor with an entry", "EINVAL", probe.new, symbol, {pre = nothing, ret = nothing})
	probe.new(symbol, {pre = nothing}):stop()
end
local p = probe.new("__x64_sys_getppid", {pre = nothing})
ktap.is("nothing missed yet", p:missed(), 0)
for name, arguments in pairs {argument = {1}, get = {"ax"}} do
	ktap.raises(name .. " outside a handler", "only while a handler", p[name], p, table.unpack(arguments))
end
ktap.raises("a dump outside a handler", "only while a handler", p)
ktap.raises("a wrong receiver", {"probe expected", "data"}, p.missed, require("data").new(1))
ktap.raises("no receiver", "probe expected, got no value", p.missed)
p:enable(false)
p:enable(true)
ktap.raises("enable nothing", "boolean expected, got no value", p.enable, p)
ktap.raises("probes stay in their runtime", "cannot leave its runtime", function() require("lunatik")._ENV.p = p end)
p:stop()
p:stop()
for _, name in ipairs {"enable", "missed", "argument", "get"} do
	ktap.raises(name .. " of a stopped probe", "EBADF", p[name], p, 1)
end
do local q <close> = probe.new("__x64_sys_getppid", {post = nothing}) end
ktap.finish()
''')
    print("  KTAP version 1")
    for line in result.stdout.splitlines():
        print("  " + line)
    ok("wrong uses", result.returncode == 0, result.stderr)
    equal("a stopped probe is gone at once", armed(), 0)
    stop("test/p_wrong")
    for context in ("process", "softirq"):
        result = run(f"p_{context}", 'require("probe").new("__x64_sys_getppid", {pre = print})', context)
        like(f"refused in a {context} runtime", result.stderr, f"needs a hardirq runtime, this one is {context}")
    equal("none is left of what was refused", armed(), 0)


def handlers():
    result = run("p_hits", r'''
local shared = require("lunatik")._ENV
local probe = require("probe")
local systab = require("syscall.table")
shared.pre, shared.post, shared.ret, shared.value, shared.bad = 0, 0, 0, 0, 0
local address = systab.getppid
local kept
local function check(good) if not good then shared.bad = shared.bad + 1 end end
probe.new("__x64_sys_getppid", {
	pre = function(symbol, p)
		shared.pre = shared.pre + 1
		check(symbol == "__x64_sys_getppid")
		check(not kept or kept == p)
		kept = p
		check(p:argument(1) == p:get("di") and p:argument(6) == p:get("r9"))
		check(not pcall(p.argument, p, 0) and not pcall(p.argument, p, 7) and not pcall(p.get, p, "nope"))
		check(p:get("ip") ~= 0 and p:get("sp") ~= 0)
		shared.refused = select(2, pcall(p.enable, p, false))
	end,
	post = function(symbol, p) shared.post = shared.post + 1 end,
})
probe.new(address, {ret = function(symbol, p, value)
	shared.ret = shared.ret + 1
	shared.value = value
	check(symbol == address)
	shared.late = select(2, pcall(kept.argument, kept, 1))
end})
''')
    ok("a probe by name, one by address", result.returncode == 0, result.stderr)
    before = int(shared("pre")), int(shared("post")), int(shared("ret"))
    hit(7)
    after = int(shared("pre")), int(shared("post")), int(shared("ret"))
    ok("each hit runs each handler", all(b - a >= 7 for a, b in zip(before, after)), before, after)
    equal("the return value", shared("value").isdigit(), True)
    subprocess.run([sys.executable, "-c", "import os; os.getppid()"])
    equal("is the caller's", shared("value"), str(os.getpid()))
    equal("what handlers see is right", shared("bad"), "0")
    like("enable sleeps", shared("refused"), "'enable' may sleep and cannot be called in a hardirq runtime")
    like("registers do not outlive the handler", shared("late"), "only while a handler of this probe runs")
    ok("the kernel lists both", armed() >= 2, LIST.read_text())
    stop("test/p_hits")
    equal("they end with their runtime", armed(), 0)


def switches():
    run("p_off", r'''
local shared = require("lunatik")._ENV
shared.n = 0
local p = require("probe").new("__x64_sys_getppid", {pre = function() shared.n = shared.n + 1 end, ret = function() shared.n = shared.n + 1 end})
p:enable(false)
''')
    hit(5)
    equal("a disabled probe is silent", shared("n"), "0")
    stop("test/p_off")
    run("p_once", r'''
local shared = require("lunatik")._ENV
shared.n = 0
require("probe").new("__x64_sys_getppid", {pre = function(_, p)
	shared.n = shared.n + 1
	p:stop()
	shared.after = select(2, pcall(p.get, p, "ax"))
end})
''')
    hit(20)
    equal("a handler stops its own probe", shared("n"), "1")
    equal("which is closed then", shared("after"), "EBADF")
    ok("a worker takes it out of the kernel", within(5, lambda: armed() == 0), LIST.read_text())
    stop("test/p_once")


def shows():
    run("p_show", r'''
local done
require("probe").new("__x64_sys_getppid", {pre = function(_, show) if not done then done = true show() end end})
''')
    hit()
    ok("registers and stack in the log", within(5, lambda: "p_show: registers at __" in log() and "p_show:  do_syscall_64" in log()))
    like("registers have names", log(), r"p_show: ax: [0-9a-f]{16} bx: ")
    stop("test/p_show")


def failures():
    run("p_fail", r'''
local shared = require("lunatik")._ENV
shared.n, shared.good = 0, 0
require("probe").new("__x64_sys_getppid", {pre = function() shared.n = shared.n + 1 error("boom") end})
require("probe").new("__x64_sys_getuid", {pre = function()
	shared.good = shared.good + 1
	if shared.good % 10 ~= 0 then error("nine of ten") end
end})
''')
    hit(50)
    equal("a handler that fails runs ten times", shared("n"), "10")
    ok("its probe is stopped", within(5, lambda: armed() == 0), LIST.read_text())
    ok("the log says so", within(5, lambda: "probe: stopped after 10 failures in a row" in log()))
    for _ in range(40):
        os.getuid()
    ok("one that fails nine times of ten is not", int(shared("good")) >= 40, shared("good"))
    listed = next(line for line in lunatik("list").stdout.splitlines() if "p_fail" in line).split()
    ok("errors are counted", int(listed[-2]) >= 46, listed)
    stop("test/p_fail")
    run("p_loop", 'require("probe").new("__x64_sys_getppid", {pre = function() while true do end end})')
    start = time.monotonic()
    hit(1)
    ok("a handler that loops is ended", time.monotonic() - start < 5)
    stop("test/p_loop")
    run("p_eat", r'''
require("probe").new("__x64_sys_getppid", {pre = function() local t = {} while true do t[#t + 1] = ("x"):rep(1000) .. #t end end})
''')
    hit(12)
    ok("handlers that eat memory are stopped", within(10, lambda: armed() == 0), LIST.read_text())
    stop("test/p_eat")


def recursion():
    """Probes on what handlers and runtimes do themselves. Each of these hangs a kernel that waits for its own lock."""
    for symbol, kind in (("lunatik_h_spin_unlock_irqrestore", "pre"), ("lunatik_h_lock_hardirq", "ret"),
                         ("lunatik_h_lock_hardirq", "pre"), ("lunatik_h_unlock_hardirq", "pre"), ("lunatik_h_unlock", "pre"),
                         ("__kmalloc_noprof", "ret"), ("__kmalloc", "ret"), ("kfree", "pre"), ("vscnprintf", "pre"),
                         ("lua_pushinteger", "pre"), ("_raw_spin_unlock_irqrestore", "pre")):
        if f" {symbol}\n" not in KALLSYMS and f" {symbol}\t" not in KALLSYMS:
            # Kernels have not all of these, but we have ours.
            if symbol.startswith("lunatik"):
                ok(f"{symbol} is there", False)
            continue
        # What is unlocked there may be the page allocator's, below which nothing is to be allocated (docs/safety.md).
        work = "" if symbol == "_raw_spin_unlock_irqrestore" else "shared.last = n local garbage = {symbol .. n}"
        result = run("p_again", rf'''
local shared = require("lunatik")._ENV
local n = 0
shared.n = 0
local p = require("probe").new("{symbol}", {{{kind} = function(symbol)
	n = n + 1
	{work}
end}})
local q = require("probe").new("__x64_sys_getppid", {{pre = function() shared.n, shared.missed = n, p:missed() end}})
''')
        if not ok(f"a {kind} handler of {symbol}", result.returncode == 0, result.stderr):
            continue
        until = time.monotonic() + 1
        while time.monotonic() < until:
            evaluate('local s = require("lunatik")._ENV for i = 1, 1000 do s.x = i; s.y = s.x; s.z = "text" .. i end')
            hit(20)
        hit()
        print(f"# {shared('n')} hits, {shared('missed')} missed")
        # Where each hit comes from inside a lock of ours, each is missed.
        ok(f"{symbol}: each hit is handled or missed", int(shared("n")) + int(shared("missed")) > 0)
        stop("test/p_again")


def waits():
    """A handler that takes its time is not waited for by another CPU, which may hold what that one wants."""
    parameters = pathlib.Path("/sys/module/lunatik/parameters")
    usual = {name: (parameters / name).read_text() for name in ("budget", "overload")}
    (parameters / "budget").write_text("2000")
    (parameters / "overload").write_text("0")
    run("p_long", r'''
local shared = require("lunatik")._ENV
local linux = require("linux")
shared.n, shared.missed = 0, 0
require("probe").new("__x64_sys_getppid", {pre = function(_, p)
	shared.n = shared.n + 1
	local start = linux.time()
	repeat until linux.difftime(linux.time(), start) > 150 * 1000 * 1000
	shared.missed = p:missed()
end})
''')
    # At once, however long they take to start.
    program = ("import os, sys, time\nos.sched_setaffinity(0, {int(sys.argv[1])})\nwhile time.monotonic() < float(sys.argv[2]): pass\n"
               "for _ in range(5): os.getppid()")
    start = str(time.monotonic() + 2 * SLOW)
    children = [subprocess.Popen([sys.executable, "-c", program, str(cpu), start]) for cpu in os.sched_getaffinity(0)]
    for child in children:
        child.wait()
    hit()
    handled, missed = int(shared("n")), int(shared("missed"))
    equal("each hit on two CPUs is handled or missed", handled + missed, 5 * len(children) + 1)
    ok("some are missed", len(children) == 1 or missed > 0, f"{handled} handled")
    stop("test/p_long")
    for name, value in usual.items():
        (parameters / name).write_text(value)


def storm():
    """Loading and stopping while others come by all the time."""
    program = "import os\nwhile True: os.getppid()"
    with one_cpu():
        children = [subprocess.Popen([sys.executable, "-c", program]) for _ in range(2)]
        for _ in range(5):
            run("p_storm", r'''
local n = 0
require("probe").new("__x64_sys_getppid", {pre = function() n = n + 1 end, post = function() n = n .. "" end, ret = function() n = n + 1 end})
''')
            time.sleep(0.3)
            stop("test/p_storm")
        for child in children:
            child.kill()
            child.wait()
    equal("nothing is left after starting and stopping under load", armed(), 0)


def traced():
    """The kernel's tracer of calls puts a way of its own in the place of each return, and errors leave without one."""
    tracing = pathlib.Path("/sys/kernel/tracing")
    if not (tracing / "trace").exists():
        subprocess.run(["mount", "-t", "tracefs", "none", tracing], check=True)
    if "function_graph" not in (tracing / "available_tracers").read_text().split():
        return
    (tracing / "set_ftrace_filter").write_text("*:mod:lunatik*")
    (tracing / "current_tracer").write_text("function_graph")
    said = evaluate('local data = require("data") for i = 1, 20 do pcall(error, "x") pcall(require) pcall(data.new) end return "here"')
    with open(tracing / "trace", encoding="ascii", errors="replace") as trace:
        seen = trace.read(1 << 16)
    (tracing / "current_tracer").write_text("nop")
    (tracing / "set_ftrace_filter").write_text("")
    equal("errors while calls are traced", said, "here")
    ok("calls were", "lunatik_h_" in seen, seen[:500])


for script in pathlib.Path(__file__).resolve().parent.glob("lib/*.lua"):
    install(script.stem, script.read_text())
KALLSYMS = pathlib.Path("/proc/kallsyms").read_text()
refusals()
handlers()
switches()
shows()
failures()
recursion()
waits()
storm()
traced()
sys.exit(finish())
