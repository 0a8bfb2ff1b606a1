#!/usr/bin/python3
# SPDX-License-Identifier: MIT OR GPL-2.0-only
# suite: debug timeout=300
"""What a script may be doing when it is stopped: finalizers, runtimes inside runtimes, callbacks of devices, values
that are shown. Each ends in time, by stop and by Ctrl-C, and nothing is left."""

import os
import signal
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), "lib"))
from ktap import SLOW, equal, faster, finish, install, like, lunatik, ok, run_script, start, state, stop, within

# The promise is one second; an emulated processor that others share gets three.
LIMIT = 3


def finalizers():
    """Work at the end: the state is closed within its own short budget, whatever its finalizers do."""
    install("gc_more", "return function() end")
    for name, source in {
        "one that loops": "keep = setmetatable({}, {__gc = function() while true do end end})",
        "100 that loop": "keep = {} for i = 1, 100 do keep[i] = setmetatable({}, {__gc = function() while true do end end}) end",
        "one that loops in pcall": "keep = setmetatable({}, {__gc = function() while true do pcall(function() while true do end end) end end})",
        "one that sleeps": "l = require('linux') keep = setmetatable({}, {__gc = function() l.schedule() end})",
        "100 that sleep": "l = require('linux') keep = {} for i = 1, 100 do keep[i] = setmetatable({}, {__gc = function() l.schedule(1000) end}) end",
        "one that makes another": "meta = {} meta.__gc = function() setmetatable({}, meta) end keep = setmetatable({}, meta)",
        "one that allocates": "keep = setmetatable({}, {__gc = function() local t = {} while true do t[#t + 1] = ('x'):rep(1000) end end})",
        "one that makes a runtime": "l = require('lunatik') keep = setmetatable({}, {__gc = function() more = l.runtime('test/gc_more') more:resume() end})",
        "one that makes a device": "d = require('device') keep = setmetatable({}, {__gc = function() d.new { name = 't_late' } end})",
        "one that uses what was closed before": "d = require('data').new(4) keep = setmetatable({}, {__gc = function() d:setstring(0, 'x') print(#d) end})",
        "one that fails": "keep = setmetatable({}, {__gc = function() error('in gc') end})",
        "a long pattern": "keep = setmetatable({}, {__gc = function() return ('a'):rep(40):find(('a?'):rep(40) .. ('a'):rep(40) .. 'b') end})",
    }.items():
        result = lunatik("run", "-e", source, "--name", "finalizer")
        if result.returncode:
            ok(f"finalizers, {name}: it runs", False, result.stderr)
            continue
        begin = time.monotonic()
        result = lunatik("stop", "finalizer", limit=30)
        took = time.monotonic() - begin
        ok(f"finalizers at the end: {name}", result.returncode == 0 and took < LIMIT * SLOW and state("finalizer") is None,
           f"{took:.2f} s", result.stderr)
    ok("a device made at the end is gone", not os.path.exists("/dev/t_late"))
    for name, source in {"one that loops": "setmetatable({}, {__gc = function() while true do end end})",
                         "one that sleeps": "l = require('linux') setmetatable({}, {__gc = function() l.schedule() end})"}.items():
        begin = time.monotonic()
        result = lunatik("run", "-e", source)
        ok(f"finalizers of a command's own runtime: {name}", result.returncode == 0 and time.monotonic() - begin < LIMIT * SLOW,
           result.returncode, result.stderr)
        ok("are gone soon", within(LIMIT, lambda: "session/" not in lunatik("list").stdout), lunatik("list").stdout)


def inside():
    """Scripts inside scripts: what ends the outer one ends the inner one."""
    install("in_loop", "while true do end")
    install("in_sleep", "require('linux').schedule()")
    install("in_task", "return function(what) if what == 'loop' then while true do end end require('linux').schedule() end")
    install("in_deep", "require('lunatik').runtime('test/in_loop')")
    install("in_swallow", "local l = require('lunatik') while true do pcall(l.runtime, 'test/in_loop') end")
    for name, source in {
        "a body that loops": "require('lunatik').runtime('test/in_loop')",
        "a body that sleeps": "require('lunatik').runtime('test/in_sleep')",
        "a task that loops": "require('lunatik').runtime('test/in_task'):resume('loop')",
        "a task that sleeps": "require('lunatik').runtime('test/in_task'):resume('sleep')",
        "a body in a body that loops": "require('lunatik').runtime('test/in_deep')",
        "a loop of bodies that loop": "require('lunatik').runtime('test/in_swallow')",
    }.items():
        for how in ("stop", "Ctrl-C", "SIGKILL"):
            client = start("run", "-e", source, "--name", "outer")
            within(10, lambda: state("outer") is not None)
            time.sleep(0.5)
            trouble = [] if client.poll() is None else [f"it ended by itself: {client.communicate()}"]
            begin = time.monotonic()
            if how == "stop":
                stop("outer")
            else:
                client.send_signal(signal.SIGINT if how == "Ctrl-C" else signal.SIGKILL)
            gone = within(LIMIT, lambda: state("outer") is None)
            took = time.monotonic() - begin
            try:
                client.communicate(timeout=LIMIT * SLOW)
            except subprocess.TimeoutExpired:
                trouble.append("the client does not end")
                client.kill()
                client.communicate()
            ok(f"inside: {name}: {how}", gone and took < LIMIT * SLOW and not trouble, f"{took:.2f} s, state {state('outer')}", *trouble)
            if not gone:
                stop("outer")
    # The outer one survives what it stops itself.
    result = run_script("outer", """
        local lunatik = require("lunatik")
        local inner = lunatik.runtime("test/in_task")
        inner:stop()
        print(pcall(inner.resume, inner))
    """)
    like("a runtime stopped by the one that made it", result.stdout, "^false\t.*EBADF\n$")
    stop("outer")


def callbacks():
    """Device callbacks that do not end, and who waits for them."""
    forever = "while true do end"
    sleep = "require('linux').schedule()"
    for what in ("open", "read", "write", "release"):
        for name, body in {"loops": forever, "sleeps": sleep}.items():
            run_script("driver", f"""
                require("device").new {{ name = "t_stuck", mode = 438, {what} = function() {body} end,
                    write = {f'function() {body} end' if what == 'write' else 'nil'},
                }}""")
            user = subprocess.Popen({"open": ["sh", "-c", "exec 3<>/dev/t_stuck"], "read": ["cat", "/dev/t_stuck"],
                                     "write": ["sh", "-c", "echo x >/dev/t_stuck"],
                                     "release": ["sh", "-c", "exec 3<>/dev/t_stuck; exec 3>&-"]}[what],
                                    stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            trouble = [] if within(10, lambda: state("driver") == "running") else ["nobody is in it"]
            begin = time.monotonic()
            result = lunatik("stop", "driver", limit=30)
            try:
                user.wait(timeout=LIMIT * SLOW)
            except subprocess.TimeoutExpired:
                trouble.append("its user does not end")
                user.kill()
            took = time.monotonic() - begin
            ok(f"stop of a driver whose {what} {name}", result.returncode == 0 and took < LIMIT * SLOW and not trouble,
               f"{took:.2f} s", result.stderr, *trouble)
            user.wait()
    run_script("driver", """
        require("device").new(setmetatable({ name = "t_stuck", mode = 438 }, { __index = function(_, key)
            while key ~= "name" and key ~= "mode" do end end }))""")
    user = subprocess.Popen(["cat", "/dev/t_stuck"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    within(10, lambda: state("driver") == "running")
    with faster("stop of a driver whose __index loops", LIMIT):
        stop("driver")
        user.wait(timeout=30)

    # A task that is killed while the driver sleeps or loops in its name.
    for what, body in {"loops": forever, "sleeps": sleep}.items():
        run_script("driver", f"""
            local n = 0
            require("device").new {{ name = "t_stuck", read = function(_, _, offset)
                n = n + 1
                if n == 1 then {body} end
                return offset == 0 and "alive" or nil
            end }}""")
        user = subprocess.Popen(["cat", "/dev/t_stuck"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        within(10, lambda: state("driver") == "running")
        with faster(f"a reader that is killed while the driver {what} ends", LIMIT):
            user.kill()
            user.wait()
        with faster("and the driver is free", LIMIT):
            equal("for the next reader", subprocess.run(["cat", "/dev/t_stuck"], capture_output=True, timeout=30).stdout, b"alive")
        stop("driver")
    equal("no driver is left", [name for name in os.listdir("/dev") if name.startswith("t_")], [])


def shown():
    """Metamethods that run when a result or an error is shown."""
    for name, source in {
        "a value": "setmetatable({}, {__tostring = function() while true do end end})",
        "an error": "error(setmetatable({}, {__tostring = function() while true do end end}))",
        "what is printed": "print(setmetatable({}, {__tostring = function() while true do end end}))",
        "a variable on its way out": "local x <close> = setmetatable({}, {__close = function() while true do end end})",
        "a variable that an error closes": "local x <close> = setmetatable({}, {__close = function() while true do end end}) error('e')",
        "a message handler": "xpcall(error, function() while true do end end)",
        "a warning": "warn('x') while true do end",
        "a hook": "debug.sethook(function() while true do end end, 'c', 1) print('x')",
        "a global that is looked up": "setmetatable(_G, {__index = function() while true do end end}) return nothing",
    }.items():
        client = start("run", "-e", source)
        within(10, lambda: "running" in lunatik("list").stdout or client.poll() is not None)
        time.sleep(0.3)
        ended = client.poll() is not None
        begin = time.monotonic()
        client.send_signal(signal.SIGINT)
        try:
            _, err = client.communicate(timeout=10 * SLOW)
        except subprocess.TimeoutExpired:
            client.kill()
            _, err = client.communicate()
        took = time.monotonic() - begin
        ok(f"Ctrl-C in {name}", not ended and client.returncode == 130 and took < LIMIT * SLOW, f"{took:.2f} s, ended {ended}",
           client.returncode, err[:500])
    ok("nothing is left", within(LIMIT, lambda: "session/" not in lunatik("list").stdout), lunatik("list").stdout)


def finalizers_that_wait():
    """For a runtime that somebody else is in, who does not leave it."""
    install("w_spins", "return function() while true do end end")
    source = """
local lunatik, thread = require("lunatik"), require("thread")
local spins = lunatik.runtime("test/w_spins")
spinning = thread.run(spins, "spins")
require("linux").schedule(50)
keep = setmetatable({}, { __gc = function() spins:resume() end })
"""
    result = lunatik("run", "-e", source, "--name", "waits_last")
    equal("a script whose finalizer resumes a busy runtime", result.returncode, 0)
    with faster("stop", LIMIT):
        ok("ends", lunatik("stop", "waits_last", limit=30).returncode == 0)
    # The same by the worker that stops what has lost its last handle.
    install("w_waits", source + "return function() end")
    result = lunatik("run", "-e", "local l = require('lunatik') l._ENV.w = l.runtime('test/w_waits') l._ENV.w = nil")
    equal("one that the worker stops", result.returncode, 0)
    with faster("the worker goes on", LIMIT):
        run_script("after", "local c = require('completion').new() keep = setmetatable({}, { __gc = function() c:complete() end })")
        equal("stop of another", stop("after"), 0)
        equal("unload", lunatik("reload", limit=30).returncode, 0)


def each_other():
    install("o_stops", "return function(other) coroutine.yield() require('linux').schedule(50) pcall(other.stop, other) end")
    result = lunatik("run", "-e", """
local lunatik, thread = require("lunatik"), require("thread")
a, b = lunatik.runtime("test/o_stops"), lunatik.runtime("test/o_stops")
a:resume(b)
b:resume(a)
thread.run(a, "a")
thread.run(b, "b")
require("linux").schedule(500)
""", "--name", "pair")
    equal("two threads that stop each other's runtimes", result.returncode, 0)
    with faster("stop of both", LIMIT):
        equal("ends", stop("pair"), 0)
    ok("no thread is left", within(LIMIT, lambda: not threads({"a", "b"})), threads({"a", "b"}))


def sums():
    """A script that has many things to stop is stopped as one that has one."""
    install("s_loops", """
keep = setmetatable({}, { __gc = function() while true do end end })
return function(value, name)
    device, kept = name and require("device").new { name = name }, value
    coroutine.yield()
end
""")
    # Called once with how many threads are to come, one started by the other, and then by its own.
    install("s_spins", """
return function(left)
    coroutine.yield()
    if left > 0 then
        local lunatik, thread = require("lunatik"), require("thread")
        runtime = lunatik.runtime("test/s_spins")
        runtime:resume(left - 1)
        kept = thread.run(runtime, "s_spins")
    else
        require("lunatik")._ENV.s_all = true
    end
    while true do pcall(function() while true do end end) end
end
""")
    runtimes = "local lunatik = require('lunatik') kept = {} for i = 1, %d do kept[i] = lunatik.runtime('test/s_loops') end"
    for name, source in {
        "20 runtimes whose finalizers loop": runtimes % 20,
        "a chain of 12 of them": runtimes % 12 + " kept[1]:resume(nil, 't_last') for i = 2, 12 do kept[i]:resume(kept[i - 1]) end kept = kept[12]",
        "10 threads that do not end": """
            local lunatik, thread = require("lunatik"), require("thread")
            kept = {}
            for i = 1, 10 do
                local runtime = lunatik.runtime("test/s_spins")
                runtime:resume(0)
                kept[i] = { runtime, thread.run(runtime, "s_spins") }
            end""",
        "a chain of 10 threads that do not end": """
            local lunatik, thread = require("lunatik"), require("thread")
            runtime = lunatik.runtime("test/s_spins")
            runtime:resume(9)
            kept = thread.run(runtime, "s_spins")
            while not lunatik._ENV.s_all do require("linux").schedule(10) end""",
        "15 sockets that linger": """
            local lunatik, socket = require("lunatik"), require("socket")
            local listener = socket.new(socket.af.INET, socket.sock.STREAM, 0)
            listener:bind(0x7f000001, 4711)
            listener:listen(20)
            kept = {}
            for i = 1, 15 do
                local client = socket.new(socket.af.INET, socket.sock.STREAM, 0)
                client:connect(0x7f000001, 4711)
                lunatik._ENV["s_peer" .. i] = listener:accept()
                client:setsockopt(socket.sol.SOCKET, socket.so.LINGER, ("i4i4"):pack(1, 60))
                local full = ("x"):rep(65536)
                while pcall(client.send, client, full, nil, socket.msg.DONTWAIT) do end
                kept[i] = client
            end""",
    }.items():
        result = lunatik("run", "-e", source, "--name", "many")
        equal(f"{name}: it runs", (result.returncode, result.stderr), (0, ""))
        with faster(f"{name}: stop", LIMIT):
            equal("ends", stop("many"), 0)
        ok("no thread is left", within(LIMIT, lambda: not threads({"s_spins"})), threads({"s_spins"}))
        ok("nor a device", within(LIMIT, lambda: not os.path.exists("/dev/t_last")))
        lunatik("run", "-e", "local all = require('lunatik')._ENV require('rcu').map(all, function(key) all[key] = nil end)")


def circles():
    """Runtimes that refer to each other end with the script that made them, unless somebody else has one of them."""
    install("r_keeps", """
return function(name)
    device, kept = require("device").new { name = name }, {}
    while true do kept[#kept + 1] = coroutine.yield() or nil end
end
""")
    install("r_runs", """
return function(other)
    kept = { other, require("thread").run(other, "r_runs") }
    coroutine.yield()
end
""")
    install("r_waits", "return function(other) kept = other coroutine.yield() device = require('device').new { name = 't_r1' } "
            "while not require('thread').shouldstop() do require('linux').schedule(50) end end")
    make = "local lunatik = require('lunatik') local a, b = lunatik.runtime('test/r_keeps'), lunatik.runtime('test/r_keeps') a:resume('t_r1') b:resume('t_r2') "
    for name, source, stays in (
            ("one that refers to itself", make + "a:resume(a)", False),
            ("two that refer to each other", make + "a:resume(b) b:resume(a)", False),
            ("the same, of which one made more", make + "a:resume(b) b:resume(a) a:resume(lunatik.runtime('test/r_keeps'))", False),
            ("one whose thread the other runs", """
                local lunatik = require("lunatik")
                local runs, waits = lunatik.runtime("test/r_runs"), lunatik.runtime("test/r_waits")
                waits:resume(runs)
                runs:resume(waits)""", False),
            ("two of which the shared table has one", make + "a:resume(b) b:resume(a) lunatik._ENV.r = b", True),
            ("one that the shared table has", make + "lunatik._ENV.r = a", True)):
        result = lunatik("run", "-e", source, "--name", "makes")
        equal(f"{name}: it runs", (result.returncode, result.stderr), (0, ""))
        ok("its device is there", within(5, lambda: os.path.exists("/dev/t_r1")))
        equal("stop", stop("makes"), 0)
        equal("the device is gone, unless it is shared", os.path.exists("/dev/t_r1"), stays)
        lunatik("run", "-e", "require('lunatik')._ENV.r = nil")
        ok("and then with the last who has it", within(LIMIT, lambda: not any(os.path.exists(f"/dev/t_r{number}") for number in (1, 2))))
    # Of another script that was given one.
    install("r_has", "return function(one) kept = one coroutine.yield() end")
    lunatik("run", "-e", "has = require('lunatik').runtime('test/r_has') require('lunatik')._ENV.has = has", "--name", "has")
    lunatik("run", "-e", make + "a:resume(b) b:resume(a) lunatik._ENV.has:resume(a) lunatik._ENV.has = nil", "--name", "makes")
    equal("stop of who made two", stop("makes"), 0)
    equal("of which another script has one", [os.path.exists(f"/dev/t_r{number}") for number in (1, 2)], [True, True])
    equal("stop of that", stop("has"), 0)
    ok("none is left", within(LIMIT, lambda: not any(os.path.exists(f"/dev/t_r{number}") for number in (1, 2))))
    # Who makes them also takes them out of the table at its end: a table lets go a little later.
    lunatik("run", "-e", make + "a:resume(b) b:resume(a) lunatik._ENV.r = a keep = setmetatable({}, { __gc = function() lunatik._ENV.r = nil end })",
            "--name", "makes")
    equal("stop of who takes them out of the table itself", stop("makes"), 0)
    ok("none is left of these", within(LIMIT, lambda: not any(os.path.exists(f"/dev/t_r{number}") for number in (1, 2))))


def threads(names):
    return names & set(subprocess.run(["ps", "-eo", "comm"], capture_output=True, text=True).stdout.split())


def ten_runtimes():
    """unload bounds all of it together: ten runtimes whose finalizers do not end."""
    for number in range(10):
        lunatik("run", "-e", "keep = setmetatable({}, {__gc = function() while true do end end})", "--name", f"slow{number}")
    begin = time.monotonic()
    result = lunatik("unload", limit=60)
    ok("unload of ten runtimes whose finalizers loop", result.returncode == 0 and time.monotonic() - begin < 8 * SLOW,
       f"{time.monotonic() - begin:.2f} s", result.stderr)
    equal("load", lunatik("load").returncode, 0)


def logged():
    """Where output goes besides the terminal."""
    def log():
        return subprocess.run(["dmesg"], capture_output=True, text=True).stdout
    lunatik("run", "-e", "print('marked', 7, nil)", "--name", "logger")
    like("print is in the log, with the script's name", log(), r"lunatik: logger: marked\t7\tnil\n")
    stop("logger")
    result = lunatik("run", "-e", "for i = 1, 3000 do print('flooding ' .. i) end", "--name", "flood")
    equal("3000 lines are on the terminal", result.stdout.count("\n"), 3000)
    ok("not all of them are in the log", 10 < log().count("flood: flooding") < 1500, log().count("flood: flooding"))
    stop("flood")
    run_script("driver", 'require("device").new { name = "t_noisy", read = function() error("noisy driver") end }')
    subprocess.run(["cat", "/dev/t_noisy"], capture_output=True)
    like("an error of a callback is in the log", log(), r"lunatik: driver: .*noisy driver")
    stop("driver")


def main():
    for part in (finalizers, inside, callbacks, shown, finalizers_that_wait, each_other, sums, circles, ten_runtimes, logged):
        part()
    return finish()


sys.exit(main())
