#!/usr/bin/python3
# SPDX-License-Identifier: MIT OR GPL-2.0-only
# suite: debug timeout=400
"""Many clients at once, and clients that go away in the middle."""

import concurrent.futures
import os
import resource
import signal
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), "lib"))
from ktap import SLOW, equal, faster, finish, install, like, lunatik, ok, start, state, stop, within


def ends(process, limit=20):
    """Status, stdout and stderr of a process that was started; status None if it does not end."""
    try:
        out, err = process.communicate(timeout=limit * SLOW)
        return process.returncode, out, err
    except subprocess.TimeoutExpired:
        process.kill()
        return (None, *process.communicate())


def many():
    resource.setrlimit(resource.RLIMIT_NOFILE, (4096, 4096))
    clients = [start("run", "-e", f"local n = 0 for i = 1, 1000 do n = n + {number} end return n // 1000, 'of {number}'")
               for number in range(200)]
    results = [ends(client, 60) for client in clients]
    wanted = [(0, f"{number}\tof {number}\n", "") for number in range(200)]
    equal("200 clients at once get their own answers", [pair for pair in zip(results, wanted) if pair[0] != pair[1]][:3], [])

    failing = [start("run", "-e", f"error('failure {number}', 0)") for number in range(20)]
    lists = [start("-j", "list") for _ in range(20)]
    results = [ends(client) for client in failing]
    ok("20 scripts that fail beside 20 lists: each has its error",
       all(status == 1 and f"lunatik: failure {number}\n" in err and not out
           for number, (status, out, err) in enumerate(results)), results[:3])
    results = [ends(client) for client in lists]
    ok("and each list is one", all(status == 0 and '"runtimes"' in out for status, out, _ in results), results[:3])

    same = [start("run", "-e", "x = 1", "--name", "same") for _ in range(20)]
    statuses = sorted(ends(client)[0] for client in same)
    equal("20 of one name at once: one runs, the others are told", statuses, [0] + [6] * 19)
    stops = [start("stop", "same") for _ in range(10)]
    statuses = sorted(ends(client)[0] for client in stops)
    equal("10 stops of it at once: one did it", statuses, [0] + [6] * 9)

    def churn(number):
        for turn in range(6):
            name = f"churn{(number + turn) % 5}"
            lunatik("run", "-e", "x = ('x'):rep(100000)", "--name", name)
            lunatik("list")
            lunatik("stop", name)
        return lunatik("run", "-e", str(number)).stdout
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        equal("8 clients that run, list and stop the same five names", list(pool.map(churn, range(8))),
              [f"{number}\n" for number in range(8)])
    for number in range(5):
        stop(f"churn{number}")
    like("nothing is left of them", lunatik("list").stderr, "no runtime")

    endless = [start("run", "-e", "while true do end", "--name", f"endless{number}") for number in range(6)]
    ok("6 scripts that loop on two processors", within(20, lambda: lunatik("list").stdout.count("loading") == 6), lunatik("list").stdout)
    with faster("do not keep a seventh from its answer", 6):
        equal("which is right", lunatik("run", "-e", "6 * 7").stdout, "42\n")
    with faster("one stop after the other", 20):
        equal("all are stopped", [stop(f"endless{number}") for number in range(6)], [0] * 6)
    equal("and their clients are told", [ends(client)[0] for client in endless], [130] * 6)


def leaving():
    def victim(source, *options):
        process = start("run", "-e", source, "--name", "victim", *options)
        ok("it runs", within(10, lambda: state("victim") is not None))
        return process

    process = victim("while true do end")
    with faster("SIGKILL of the client ends a script that loads", 3):
        process.kill()
        ends(process)
        ok("it is gone", within(3, lambda: state("victim") is None), state("victim"))
    process = victim("while true do end")
    with faster("SIGTERM too", 3):
        process.terminate()
        ends(process)
        ok("it is gone", within(3, lambda: state("victim") is None), state("victim"))
    process = victim("while true do pcall(function() while true do end end) end")
    with faster("Ctrl-C", 3):
        process.send_signal(signal.SIGINT)
        result = ends(process)
    ok("is status 130", result[0] == 130 and "interrupted" in result[2], result)
    ok("it is gone", within(2, lambda: state("victim") is None), state("victim"))
    process = victim("while true do print(('x'):rep(100)) end")
    time.sleep(0.5)
    with faster("Ctrl-C while nobody reads the output", 3):
        process.send_signal(signal.SIGINT)
        within(3, lambda: state("victim") is None)
    equal("is status 130 too", ends(process)[0], 130)
    process = victim("while true do print(('x'):rep(100)) end")
    time.sleep(0.3)
    with faster("SIGKILL while nobody reads the output", 3):
        process.kill()
        ok("it is gone", within(3, lambda: state("victim") is None), state("victim"))
    ends(process)
    process = victim("while true do print(('x'):rep(100)) end")
    time.sleep(0.3)
    with faster("stop while nobody reads the output", 3):
        equal("stop", stop("victim"), 0)
    equal("its client is told", ends(process)[0], 130)

    result = subprocess.run("lunatik run -e 'while true do print(\"line\") end' | head -n 2; echo ${PIPESTATUS[0]}", shell=True,
                            executable="/bin/bash", capture_output=True, text=True, timeout=20 * SLOW)
    equal("a reader that leaves ends an endless script", (result.stdout, result.stderr), (f"line\nline\n{128 + signal.SIGPIPE}\n", ""))
    result = subprocess.run("lunatik run -e 'while true do print(\"line\") end' >/dev/full; echo $?", shell=True,
                            executable="/bin/bash", capture_output=True, text=True, timeout=20 * SLOW)
    ok("so does a disk that is full", result.stdout == "1\n" and "No space left" in result.stderr, result)
    result = subprocess.run("lunatik run -e '1' >&-; echo $?", shell=True, executable="/bin/bash", capture_output=True, text=True)
    ok("standard output that is closed", result.stdout == "1\n" and "lunatik: " in result.stderr, result)
    result = subprocess.run("lunatik run -e 'x = 1' <&- 2>&-; echo $?", shell=True, executable="/bin/bash", capture_output=True, text=True)
    equal("the other two closed", result.stdout, "0\n")
    like("nothing is left of them", lunatik("list").stderr, "no runtime")


def threads():
    """Kernel threads of spawned scripts."""
    install("beats", """
        local linux, lunatik = require("linux"), require("lunatik")
        lunatik._ENV.beats = 0
        return function(...)
            assert(select("#", ...) == 0)
            while true do
                lunatik._ENV.beats = lunatik._ENV.beats + 1
                linux.schedule(20)
            end
        end""")
    equal("spawn", lunatik("spawn", "test/beats").returncode, 0)
    ok("its thread runs", within(5, lambda: int(lunatik("run", "-e", "require('lunatik')._ENV.beats").stdout) > 2))
    equal("list says so", state("test/beats"), "running")
    with faster("stop ends it", 3):
        equal("stop", stop("test/beats"), 0)
    beats = lunatik("run", "-e", "require('lunatik')._ENV.beats").stdout
    time.sleep(0.2)
    equal("and it does not beat any more", lunatik("run", "-e", "require('lunatik')._ENV.beats").stdout, beats)
    for name, body in {"loops": "while true do end", "swallows": "while true do pcall(function() while true do end end) end",
                       "sleeps": "require('linux').schedule()", "idles": "require('linux').schedule(nil, 0x402)",
                       "closes": "local x <close> = setmetatable({}, {__close = function() while true do end end}) while true do end",
                       "collects": "setmetatable({}, {__gc = function() while true do end end}) while true do end"}.items():
        install(name, f"return function() {body} end")
        lunatik("spawn", f"test/{name}")
        within(5, lambda: state(f"test/{name}") == "running")
        with faster(f"stop ends a thread that {name}", 3):
            equal("stop", stop(f"test/{name}"), 0)
        equal("nothing is left of it", state(f"test/{name}"), None)
    install("ends", "return function() require('lunatik')._ENV.ended = 'yes' end")
    lunatik("spawn", "test/ends")
    ok("a thread whose function returns", within(5, lambda: lunatik("run", "-e", "require('lunatik')._ENV.ended").stdout == "yes\n"))
    ok("its runtime stays, without a thread", within(5, lambda: state("test/ends") == "ready"), state("test/ends"))
    equal("and can be stopped", stop("test/ends"), 0)
    install("fails", "return function() error('in the thread') end")
    lunatik("spawn", "test/fails")
    ok("a thread whose function fails", within(5, lambda: state("test/fails") == "ready"), state("test/fails"))
    like("has its error in the log", subprocess.run(["dmesg"], capture_output=True, text=True).stdout, "test/fails.*in the thread")
    equal("and can be stopped", stop("test/fails"), 0)
    equal("20 threads", [lunatik("spawn", "test/beats", "--name", f"beats{n}").returncode for n in range(20)], [0] * 20)
    with faster("unload stops them all", 6):
        equal("unload", lunatik("unload").returncode, 0)
    equal("load", lunatik("load").returncode, 0)


def large():
    size = 6 << 20
    begin = time.monotonic()
    result = lunatik("run", "-e", f"print(('0123456789abcde\\n'):rep({size >> 4}))", limit=60)
    ok("output of 6 MiB", result.stdout == "0123456789abcde\n" * (size >> 4) + "\n", len(result.stdout), result.stderr)
    result = lunatik("run", "-e", f"('x'):rep({size})", limit=60)
    equal("a value of 6 MiB", len(result.stdout), size + 1)
    result = lunatik("run", "-e", "for i = 1, 100000 do print(i) end", limit=60)
    ok("100000 lines", result.stdout == "".join(f"{n}\n" for n in range(1, 100001)), len(result.stdout))
    result = lunatik("-j", "run", "-e", f"('x'):rep({size})", limit=60)
    ok("a value of 6 MiB in JSON", result.returncode == 0 and len(result.stdout) > size, len(result.stdout))
    result = lunatik("run", "-", source="return #[[" + "y" * size + "]] == " + str(size) + " or error('cut')", limit=60)
    equal("a source of 6 MiB", (result.returncode, result.stderr), (0, ""))
    print(f"# {time.monotonic() - begin:.1f} s")


def main():
    for part in (many, leaving, threads, large):
        part()
    return finish()


sys.exit(main())
