#!/usr/bin/python3
# SPDX-License-Identifier: MIT OR GPL-2.0-only
# suite: timeout=300
"""What the command line shows of scripts: log, stats, top, check, doctor, test; right uses and wrong ones."""

import json
import os
import re
import signal
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), "lib"))
from ktap import SLOW, equal, finish, install, lunatik, ok, stop, within

LINE = r"\A\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3} "


def check(name, result, status, out, err=r"\A\Z"):
    ok(name, result.returncode == status and re.search(out, result.stdout) and re.search(err, result.stderr),
       f"status {result.returncode}, wanted {status}", result.stdout[-1500:], result.stderr[-500:])


def log():
    install("talks", 'print("hello", 42) print(("x"):rep(600))')
    install("fails", 'print("before") error("on purpose")')
    lunatik("run", "test/talks")
    lunatik("run", "test/fails")
    check("log of one runtime", lunatik("log", "test/talks"), 0,
          LINE + r"test/talks: hello\t42\n.* test/talks: x{600}\n.* test/talks: \[started\]\n\Z")
    check("an error that nobody caught", lunatik("log", "test/fails"), 0, LINE + r"test/fails: before\n" + LINE[2:] + r"test/fails: /lib/modules/lua/test/fails.lua:1: on purpose\n\Z")
    everything = lunatik("log").stdout
    ok("log of all", all(word in everything for word in ("test/talks: hello", "test/fails: before")), everything[-800:])
    stop("test/talks")
    check("it outlives its runtime", lunatik("log", "test/talks"), 0, r"\[stopped\]\n\Z")
    check("of what never ran", lunatik("log", "test/nobody"), 0, r"\A\Z")
    answer = json.loads(lunatik("-j", "log", "test/talks").stdout)
    equal("as JSON", [(one["kind"], one["text"][:5]) for one in answer["records"]],
          [("print", "hello"), ("print", "xxxxx"), ("started", "start"), ("stopped", "stopp")])
    numbers = [one["sequence"] for one in answer["records"]]
    ok("numbered in order", numbers == sorted(set(numbers)) and abs(answer["records"][0]["time_ns"] / 1e9 - time.time()) < 600)
    lunatik("run", "-e", "print('a\\27[31mb\\0c')", "--name", "escapes")
    check("no control character reaches the terminal", lunatik("log", "escapes"), 0, r"escapes: a\?\[31mb\?c\n")
    stop("escapes")
    install("floods", 'for i = 1, 5000 do print(i) end')
    lunatik("run", "test/floods")
    lines = lunatik("log", "test/floods").stdout.splitlines()
    ok("it is bounded, and the last lines stay", 100 < len(lines) < 5000 and lines[-2].endswith(": 5000"), len(lines), lines[-2:])
    stop("test/floods")
    lunatik("run", "-e", "while true do print(1) end", "--timeout", "2")
    check("a script that floods leaves the lines of others", lunatik("log", "test/talks"), 0, r"\[stopped\]\n\Z")
    install("collects", '''setmetatable({}, { __gc = function() error("in a finalizer") end }) collectgarbage()''')
    lunatik("run", "test/collects")
    check("an error in a finalizer is not lost", lunatik("log", "test/collects"), 0,
          r"test/collects: error in __gc .*:1: in a finalizer.*\n")
    ok("and counted", re.search(r"test/collects .* 1 +\d+s", lunatik("list").stdout), lunatik("list").stdout)
    stop("test/collects")
    install("handler", '''
        local device = require("device")
        device.new { name = "observed", read = function() error("in a handler") end }''')
    lunatik("run", "test/handler")
    subprocess.run(["cat", "/dev/observed"], stderr=subprocess.DEVNULL, check=False)
    check("the error of a handler", lunatik("log", "test/handler"), 0, r"test/handler: .*:3: in a handler\n")
    stop("test/handler")


def follow():
    process = subprocess.Popen(["lunatik", "log", "-f", "test/later"], stdout=subprocess.PIPE, text=True)
    install("later", 'print("now")')
    lunatik("run", "test/later")
    ok("log -f shows what comes", process.stdout.readline().endswith("test/later: now\n"))
    ok("and goes on", process.stdout.readline().endswith("[started]\n"))
    process.send_signal(signal.SIGINT)
    equal("until Ctrl-C, which is no failure", process.wait(10 * SLOW), 0)
    stop("test/later")
    process = subprocess.Popen(["lunatik", "-j", "log", "-f"], stdout=subprocess.PIPE, text=True)
    ok("with JSON: an object a line", "sequence" in json.loads(process.stdout.readline()))
    process.stdout.close()
    lunatik("run", "-e", "print(1)", "--name", "pipe")
    stop("pipe")
    ok("a pipe that is closed ends it", within(10, lambda: process.poll() is not None))
    process = subprocess.Popen(["lunatik", "log", "-f"], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    time.sleep(1)
    equal("unload with log -f open", lunatik("unload").returncode, 0)
    words = process.stderr.read()
    ok("it is told and ends", process.wait(10 * SLOW) == 3 and "unloaded" in words, words)
    equal("load", lunatik("load").returncode, 0)
    check("the journal begins anew", lunatik("log"), 0, r"\A\Z")


def numbers():
    install("counts", '''
        local device = require("device")
        device.new { name = "counted", read = function() local n = 0 for i = 1, 2000000 do n = n + 1 end return "x" end }''')
    lunatik("run", "test/counts")
    check("stats of one", lunatik("stats", "test/counts"), 0,
          r"\Atest/counts\n +context +process\n(.*\n)* +memory .* of 64M\n +calls +1 .*\n +errors +0\n +busy ")
    check("stats of what does not run", lunatik("stats", "test/nobody"), 6, r"\A\Z", "not running")
    install("sleeps", 'local linux = require("linux") return function() while true do linux.schedule(50) end end')
    lunatik("spawn", "test/sleeps")
    reader = subprocess.Popen(["sh", "-c", "while head -c 1 /dev/counted >/dev/null; do :; done"])
    answer = lunatik("-j", "top", "-n", "2", "-d", "1")
    reader.kill()
    reader.wait()
    looks = [json.loads(line) for line in answer.stdout.splitlines()]
    last = [one for one in looks[-1]["runtimes"] if one["name"] == "test/counts"]
    ok("top looks as often as it is told", len(looks) == 2, answer.stdout[:500])
    ok("a busy runtime is busy", last and last[0]["cpu_percent"] > 1 and last[0]["calls_per_second"] > 0, last)
    asleep = [one for one in looks[-1]["runtimes"] if one["name"] == "test/sleeps"]
    ok("a script that sleeps uses no processor", asleep and asleep[0]["cpu_percent"] < 50, asleep)
    stop("test/sleeps")
    table = lunatik("top", "-n", "1", "-d", "0.2")
    check("as a table", table, 0, r"\ANAME +CONTEXT +STATE +CPU% +CALLS/S +ERRORS/S +MEMORY +AGE\ntest/counts ")
    ok("no escape sequences in a pipe", "\x1b" not in table.stdout)
    for words in (["-n", "0"], ["-n", "x"], ["-d", "0"], ["-d", "x"]):
        check(f"top {' '.join(words)}", lunatik("top", *words), 2, r"\A\Z", "is not a")
    stop("test/counts")


def checks():
    install("tidy", "local x = 1\nmine = x\nprint(mine, require)\n")
    check("a script without unknown globals", lunatik("check", "test/tidy"), 0, r"\A\Z")
    install("untidy", "local function f()\n  return prnt(x)\nend\ny = f\nreturn y, string.nosuch\n")
    check("unknown globals are named", lunatik("check", "test/untidy"), 1,
          r"\A/lib/modules/lua/test/untidy.lua:2: unknown global 'prnt'\n.*:2: unknown global 'x'\n\Z")
    equal("as JSON", [(one["line"], one["global"]) for one in json.loads(lunatik("-j", "check", "test/untidy").stdout)[
        "unknown_globals"]], [(2, "prnt"), (2, "x")])
    install("broken", "local x =\n\n")
    check("a syntax error", lunatik("check", "test/broken"), 1, r"\A\Z", r"\Alunatik: /lib/modules/lua/test/broken.lua:3: ")
    install("runs", 'error("it ran")')
    check("nothing runs", lunatik("check", "test/runs"), 0, r"\A\Z")
    check("from standard input", lunatik("check", "-", source="prnt()"), 1, r"\Astdin:1: unknown global 'prnt'\n\Z")
    check("no such script", lunatik("check", "test/nosuch"), 6, r"\A\Z", r"no script /lib/modules/lua/test/nosuch.lua\nhint: ")
    check("no script at all", lunatik("check"), 2, r"\A\Z", "check needs a script")


def doctor():
    answer = lunatik("-j", "doctor")
    findings = {one["name"]: one for one in json.loads(answer.stdout)["findings"]}
    ok("the doctor finds this guest well", answer.returncode == 0 and findings["control"]["state"] == "ok"
       and findings["loaded"]["state"] == "ok", answer.stdout)
    ok("every problem has a fix", all(one["state"] == "ok" or one["fix"] for one in findings.values()))
    lunatik("unload")
    answer = lunatik("doctor")
    ok("without the module it says what to do", answer.returncode == 1 and "sudo lunatik load" in answer.stdout, answer.stdout)
    check("completion, log and check without the module", lunatik("log"), 3, r"\A\Z", "sudo lunatik load")
    lunatik("load")


def suites():
    install("good", 'print("ok 1 - fine") print("1..1")')
    install("bad", 'print("ok 1 - fine") print("not ok 2 - wrong")')
    install("breaks", 'print("ok 1 - fine") error("broken")')
    check("a suite that passes", lunatik("test", "good"), 0, r"\Aok +good  1 passed\n1 passed, 0 failed\n\Z")
    check("one that fails", lunatik("test", "bad"), 1, r"\AFAILED  bad  1 passed, 1 failed: not ok 2 - wrong\n")
    check("one that breaks off", lunatik("test", "breaks"), 1, r"FAILED  breaks .*broken")
    for name in ("data", "environment"):
        check(f"the installed suite {name}", lunatik("test", name, limit=60), 0, rf"\Aok +{name}  \d+ passed\n\d+ passed, 0 failed\n\Z")
    check("one there is none of", lunatik("test", "nosuch"), 6, r"\A\Z", "no test suite nosuch")


log()
numbers()
checks()
suites()
follow()
doctor()
sys.exit(finish())
