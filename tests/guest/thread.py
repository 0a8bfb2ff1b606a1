#!/usr/bin/python3
# SPDX-License-Identifier: MIT OR GPL-2.0-only
# suite: core timeout=400
"""The library thread: right and wrong uses of each function, which CPU a thread is on, and threads whose script ends."""

import os
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), "lib"))
from ktap import SLOW, equal, faster, finish, install, like, lua_suite, lunatik, ok, run_script, start, state, stop, within

# The promise is one second; an emulated processor that others share gets three.
LIMIT = 3

INNER = """
local lunatik, linux, thread, completion = require("lunatik"), require("linux"), require("thread"), require("completion")
local shared = lunatik._ENV
local does = {
    ["until"] = function() while not thread.shouldstop() do linux.schedule(10000) end shared.t_saw = true end,
    loop = function() while true do end end,
    loop_pcall = function() while true do pcall(function() while true do end end) end end,
    sleep = function() while true do linux.schedule() end end,
    wait = function() local c = completion.new() while true do c:wait() end end,
    wait_pcall = function() local c = completion.new() while true do pcall(c.wait, c) end end,
    inside = function() lunatik.runtime("test/th_loop") end,
    lock = function() local held = lunatik.runtime("test/th_held") held:resume() thread.run(held, "th/held") linux.schedule(200) held:resume() end,
    ["return"] = function() end,
    raise = function() error("on purpose") end,
    beat = function()
        while not shared.t_halt do shared.t_beats = shared.t_beats + 1 linux.schedule(20) end
        shared.t_halted = true
    end,
    current = function()
        local me = thread.current()
        shared.t_thread, shared.t_command = me, me:task().command
        shared.t_self = select(2, pcall(me.stop, me))
        shared.t_pid = me:task().pid
        while not thread.shouldstop() do linux.schedule(10000) end
    end,
    stopper = function()
        while not shared.t_go do linux.schedule(10) end
        pcall(function() shared.t_first:stop() end)
        pcall(function() shared.t_second:stop() end)
        while true do end
    end,
}
return function(what, began)
    coroutine.yield()
    began:complete()
    does[what]()
end
"""


def alone():
    install("th_inner", INNER)
    install("th_loop", "while true do end")
    install("th_held", "return function() coroutine.yield() while true do require('linux').schedule() end end")
    install("th_none", "local nothing = 1")
    install("th_again", """
        local shared = require("lunatik")._ENV
        return function()
            local n = 0
            while true do n = n + 1 shared.t_runs = n coroutine.yield() end
        end""")
    install("th_atomic", """
        local thread = require("thread")
        return function(what) while true do what = coroutine.yield(thread[what](nil, "x")) end end""")
    lunatik("run", "-e", f"require('lunatik')._ENV.t_slow = {SLOW}")
    lua_suite("thread")


def threads():
    """The names of threads that there are."""
    return subprocess.run(["ps", "-e", "-o", "comm="], capture_output=True, text=True).stdout.split()


def cpu():
    """task().cpu is the CPU that the thread is bound to."""
    run_script("bound", """
        local lunatik = require("lunatik")
        local runtime = lunatik.runtime("test/th_inner")
        lunatik._ENV.t_beats = 0
        runtime:resume("beat", require("completion").new())
        t = require("thread").run(runtime, "th_bound")
        lunatik._ENV.t_bound = t
        """)
    pid = subprocess.run(["pgrep", "-x", "th_bound"], capture_output=True, text=True).stdout.strip()
    like("ps shows it by its name", pid, r"^\d+$")
    equal("task().pid is what ps says", lunatik("run", "-e", "return require('lunatik')._ENV.t_bound:task().pid").stdout.strip(), pid)
    for number in sorted(os.sched_getaffinity(0), reverse=True):
        os.sched_setaffinity(int(pid), {number})
        ok(f"task().cpu of a thread bound to CPU {number}", within(LIMIT, lambda: lunatik(
            "run", "-e", "return require('lunatik')._ENV.t_bound:task().cpu").stdout.strip() == str(number)))
    lunatik("run", "-e", "require('lunatik')._ENV.t_bound = nil require('lunatik')._ENV.t_beats = 0")
    stop("bound")
    ok("it ends with the script that ran it", within(LIMIT, lambda: "th_bound" not in threads()), threads())


def with_the_script():
    """A script that is stopped, or a command that ends, takes its threads with it: many of them in one time."""
    source = """
        local lunatik, thread = require("lunatik"), require("thread")
        for i = 1, 10 do
            local runtime = lunatik.runtime("test/th_inner")
            runtime:resume(i % 2 == 0 and "loop_pcall" or "wait_pcall", require("completion").new())
            thread.run(runtime, "th_many")
        end"""
    run_script("many", source)
    ok("ten threads", within(LIMIT, lambda: threads().count("th_many") == 10), threads().count("th_many"))
    with faster("stop of a script with ten threads that do not end by themselves", 2 * LIMIT):
        stop("many")
    ok("none is left", within(1, lambda: "th_many" not in threads()), threads().count("th_many"))
    lunatik("run", "-e", source)
    ok("nor after a command that ran ten", within(2 * LIMIT, lambda: "th_many" not in threads()), threads().count("th_many"))

    # A thread that starts a thread, and so on.
    install("th_chain", """
        local lunatik, thread, linux = require("lunatik"), require("thread"), require("linux")
        return function(depth)
            coroutine.yield()
            if depth > 0 then
                local runtime = lunatik.runtime("test/th_chain")
                runtime:resume(depth - 1)
                thread.run(runtime, "th_chain")
            end
            while true do linux.schedule() end
        end""")
    run_script("chain", """
        local lunatik = require("lunatik")
        local runtime = lunatik.runtime("test/th_chain")
        runtime:resume(3)
        require("thread").run(runtime, "th_chain")""")
    ok("a thread that starts a thread, and so on", within(LIMIT, lambda: threads().count("th_chain") == 4), threads())
    with faster("stop of the script that started the first", 2 * LIMIT):
        stop("chain")
    ok("ends all", within(2 * LIMIT, lambda: "th_chain" not in threads()), threads().count("th_chain"))

    # One whose creator it stops itself.
    install("th_parent", """
        local lunatik, thread = require("lunatik"), require("thread")
        return function()
            local me = coroutine.yield()
            local runtime = lunatik.runtime("test/th_patricide")
            runtime:resume(me)
            thread.run(runtime, "th_child")
            coroutine.yield()
        end""")
    install("th_patricide", """
        return function(parent)
            coroutine.yield()
            require("linux").schedule(300)
            parent:stop()
            while true do end
        end""")
    run_script("grandparent", """
        local parent = require("lunatik").runtime("test/th_parent")
        parent:resume() parent:resume(parent)""")
    ok("a thread that stops its creator ends, too", within(3 * LIMIT, lambda: "th_child" not in threads()), threads())
    stop("grandparent")


def unload():
    run_script("left", """
        local lunatik, thread = require("lunatik"), require("thread")
        for _, what in ipairs { "loop_pcall", "sleep", "wait", "until" } do
            local runtime = lunatik.runtime("test/th_inner")
            runtime:resume(what, require("completion").new())
            lunatik._ENV["t_" .. what] = thread.run(runtime, "th_left")
        end""")
    equal("spawned", lunatik("spawn", "-e", "return function() local t = require('thread') while not t.shouldstop() do "
                             "require('linux').schedule(100) end end", "--name", "spawned").returncode, 0)
    with faster("unload under threads", 8):
        result = lunatik("unload", limit=30)
    equal("unload works", result.returncode, 0)
    ok("no thread is left", within(1, lambda: "th_left" not in threads()), threads())


def main():
    # What is read from disk for the first time counts for nobody's limit.
    stop("nobody")
    for part in (alone, cpu, with_the_script, unload):
        part()
    return finish()


sys.exit(main())
