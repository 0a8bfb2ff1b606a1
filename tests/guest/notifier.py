#!/usr/bin/python3
# SPDX-License-Identifier: MIT OR GPL-2.0-only
# suite: core timeout=300
"""Notifiers: of the keyboard, with keys typed on it; of network devices, with `ip`; of virtual terminals."""

import fcntl
import os
import pathlib
import subprocess
import sys
import termios
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), "lib"))
import keys
from ktap import equal, finish, install, like, lunatik, ok, run_test, shared, stop, within

VT_ACTIVATE = 0x5606


def ip(*arguments):
    return subprocess.run(["ip", *arguments], capture_output=True, text=True).returncode


def suite(name, context, source):
    result = run_test(name, 'local ktap = require("test/ktap")\nlocal notifier = require("notifier")\nlocal nothing = function() end\n'
                 + source + "\nktap.finish()\n", context)
    print("  KTAP version 1")
    for line in result.stdout.splitlines():
        print("  " + line)
    ok(f"wrong uses in a {context} runtime", result.returncode == 0, result.stderr)
    stop(f"test/{name}")


def refusals():
    shared_checks = r'''
for _, name in ipairs(here) do
	ktap.wrong_types(name, "function", "function", 1, notifier[name], nothing)
	local n = notifier[name](nothing)
	ktap.is(name .. ": nothing missed", n:missed(), 0)
	ktap.raises("it stays in its runtime", "cannot leave its runtime", function() require("lunatik")._ENV.n = n end)
	n:stop()
	n:stop()
	n:delete()
	ktap.raises(name .. ": missed of a stopped one", "EBADF", n.missed, n)
	notifier.delete(notifier[name](nothing))
	notifier.stop(notifier[name](nothing))
	ktap.raises("a wrong receiver", {"notifier expected", "data"}, n.stop, require("data").new(1))
	ktap.raises("a wrong argument", "notifier expected", notifier.stop, require("data").new(1))
	ktap.raises("no receiver", "notifier expected, got no value", n.stop)
	do local n <close> = notifier[name](nothing) end
end
for _, name in ipairs(elsewhere) do
	ktap.raises(name .. " is refused", "runtime, this one is", notifier[name], nothing)
end
'''
    suite("n_process", "process", 'local here, elsewhere = {"netdevice"}, {"keyboard", "vterm"}' + shared_checks)
    suite("n_hardirq", "hardirq", 'local here, elsewhere = {"keyboard", "vterm"}, {"netdevice"}' + shared_checks)
    suite("n_softirq", "softirq", 'local here, elsewhere = {}, {"keyboard", "vterm", "netdevice"}' + shared_checks)


NETDEVICE = r'''
local shared = require("lunatik")._ENV
local notifier = require("notifier")
local linux = require("linux")
local names = {}
for name, value in pairs(notifier.netdev) do names[value] = name end
shared.events = ""
local other = require("lunatik").runtime("test/nothing_else")
-- No values of notifier.notify but the last, which is what notifier_from_errno(-EACCES) gives.
local answers = { ntwrong1 = -1, ntwrong2 = 99999999999, ntwrong3 = 2, ntwrong4 = 0x4001, ntwrong5 = 0x8000 | 1 + 13 }
notifier.netdevice(function(event, name)
	if name:find("^nt") or name == "lo" then shared.events = shared.events .. names[event] .. ":" .. name .. " " end
	shared.refused = select(2, pcall(linux.schedule, 1))
	if event == notifier.netdev.PRE_UP and name == "ntveto" then return notifier.notify.BAD end
	if name == "nterror" then error("no such thing") end
	shared.resumed = select(2, pcall(other.resume, other))
	if name:find("^ntwrong") and event == notifier.netdev.POST_INIT then return answers[name] end
end)
shared.inside = shared.events
'''


def netdevices():
    install("nothing_else", "return function() end")
    ip("link", "set", "lo", "up")
    ok("a notifier of devices", run_test("n_netdevice", NETDEVICE).returncode == 0)
    equal("nothing comes while the script is inside", shared("inside"), "")
    ok("then come the devices that are there", within(5, lambda: shared("events").startswith("REGISTER:lo UP:lo")), shared("events"))
    ip("link", "add", "nt0", "type", "dummy")
    like("a new device", shared("events"), r"POST_INIT:nt0 .*REGISTER:nt0")
    ip("link", "set", "nt0", "up")
    like("up", shared("events"), r"PRE_UP:nt0 .*UP:nt0")
    ip("link", "set", "nt0", "down")
    ip("link", "set", "nt0", "name", "nt1")
    like("down and another name", shared("events"), r"GOING_DOWN:nt0 .*DOWN:nt0 .*CHANGENAME:nt1")
    ip("link", "delete", "nt1")
    like("gone", shared("events"), r"UNREGISTER:nt1")
    like("what may sleep is refused, the kernel's lock is held", shared("refused"),
         "'schedule' may sleep and cannot be called while the kernel holds a lock")
    ip("link", "add", "ntveto", "type", "dummy")
    ok("a veto", ip("link", "set", "ntveto", "up") != 0)
    ip("link", "delete", "ntveto")
    for number in range(1, 5):
        equal(f"number {number} that is no answer: the event passes", ip("link", "add", f"ntwrong{number}", "type", "dummy"), 0)
        ip("link", "delete", f"ntwrong{number}")
    refused = subprocess.run(["ip", "link", "add", "ntwrong5", "type", "dummy"], capture_output=True, text=True)
    like("an errno is the reason", refused.stderr, "Permission denied")
    ip("link", "delete", "ntwrong5")
    like("the log says what was no answer", lunatik("log", "test/n_netdevice").stdout, "notifier: the hook returned no verdict")
    like("nor is another runtime run there", shared("resumed"), "'resume' may sleep and cannot be called while the kernel holds a lock")
    ip("netns", "add", "ntspace")
    ip("-n", "ntspace", "link", "add", "nthidden", "type", "dummy")
    ok("devices of other namespaces are not heard of", "nthidden" not in shared("events"))
    ip("netns", "delete", "ntspace")
    for _ in range(4):
        equal("an error lets the event pass", ip("link", "add", "nterror", "type", "dummy"), 0)
        ip("link", "delete", "nterror")
    log = subprocess.run(["dmesg"], capture_output=True, text=True).stdout
    ok("after ten errors in a row it is stopped", "notifier: stopped after 10 failures in a row" in log)
    before = shared("events")
    ip("link", "add", "nt2", "type", "dummy")
    ip("link", "delete", "nt2")
    equal("and hears nothing any more", shared("events"), before)
    stop("test/n_netdevice")


def busy():
    """A script that is inside its runtime when events come, and one that makes events itself."""
    run_test("n_busy", NETDEVICE + r'''
return function()
	linux.schedule(3000)
	shared.slept = true
	linux.schedule(100)
end
''')
    stop("test/n_busy")
    spawned = lunatik("spawn", "test/n_busy")
    ok("a thread that sleeps inside", spawned.returncode == 0, spawned.stderr)
    time.sleep(0.3)
    start = time.monotonic()
    ip("link", "add", "nt3", "type", "dummy")
    ip("link", "delete", "nt3")
    ok("ip waits for none of it", time.monotonic() - start < 2.5, time.monotonic() - start)
    ok("the events come when it is out", within(8, lambda: "UNREGISTER:nt3" in shared("events")), shared("events"))
    like("in order", shared("events"), "REGISTER:lo UP:lo .*REGISTER:nt3 .*UNREGISTER:nt3")
    stop("test/n_busy")
    run_test("n_once", r'''
local shared = require("lunatik")._ENV
local notifier = require("notifier")
local n
shared.n = 0
n = notifier.netdevice(function(event, name)
	if not name:find("^nt") then return end
	shared.n = shared.n + 1
	n:stop()
	shared.after = select(2, pcall(n.missed, n))
	shared.again = select(2, pcall(notifier.netdevice, print))
end)
''')
    ip("link", "add", "nt4", "type", "dummy")
    ip("link", "delete", "nt4")
    equal("a callback stops its own notifier", shared("n"), "1")
    equal("which is closed then", shared("after"), "EBADF")
    like("and cannot make another, below the kernel's lock", shared("again"), "cannot be called while the kernel holds a lock")
    stop("test/n_once")
    run_test("n_stopped", NETDEVICE)
    stop("test/n_stopped")
    before = shared("events")
    ip("link", "add", "nt5", "type", "dummy")
    ip("link", "delete", "nt5")
    equal("a stopped runtime hears nothing", shared("events"), before)
    run_test("n_loop", 'require("notifier").netdevice(function(event, name) if name == "nt6" then while true do end end end)')
    start = time.monotonic()
    ip("link", "add", "nt6", "type", "dummy")
    ok("a callback that loops is ended", time.monotonic() - start < 5, time.monotonic() - start)
    ip("link", "delete", "nt6")
    stop("test/n_loop")


KEYBOARD = r'''
local shared = require("lunatik")._ENV
local notifier = require("notifier")
local linux = require("linux")
local names = {}
for name, value in pairs(notifier.kbd) do names[value] = name end
shared.keys, shared.bad = "", 0
local n
n = notifier.keyboard(function(event, down, shift, key)
	if type(down) ~= "boolean" or type(shift) ~= "boolean" then shared.bad = shared.bad + 1 end
	shared.keys = shared.keys .. ("%s:%s:%s:%d "):format(names[event], down and "down" or "up", shift and "shift" or "plain", key)
	shared.slept = select(2, pcall(linux.schedule, 1))
	if event == notifier.kbd.KEYCODE and key == 16 then n:stop() end	-- q
	if key == 30 then return notifier.notify.STOP end			-- a
end)
'''


def keyboard():
    if not keys.there():
        return ok("the guest has a keyboard and QEMU's monitor", False)
    ok("a notifier of keys", run_test("n_keyboard", KEYBOARD, "hardirq").returncode == 0)
    keys.press("b")
    ok("a key", within(5, lambda: "KEYCODE:down:plain:48" in shared("keys")), shared("keys"))
    like("with all that the kernel says of it", shared("keys"), r"KEYCODE:down:plain:48 .*KEYSYM:down:plain:\d+ .*POST_KEYSYM:down"
         r".*KEYCODE:up:plain:48")
    keys.press("shift-c")
    ok("with shift", within(5, lambda: "KEYCODE:down:shift:46" in shared("keys")), shared("keys"))
    keys.press("a")
    ok("a key that is swallowed", within(5, lambda: "KEYCODE:down:plain:30 " in shared("keys")), shared("keys"))
    like("has no keysym", shared("keys") + " ", r"KEYCODE:down:plain:30 (UNBOUND_KEYCODE:\w+:plain:30 |KEYCODE:up:plain:30 )*$")
    like("what may sleep is refused", shared("slept"), "'schedule' may sleep and cannot be called in a hardirq runtime")
    equal("down and shift are booleans", shared("bad"), "0")
    keys.press("q")
    ok("a callback stops its notifier", within(5, lambda: "KEYCODE:down:plain:16" in shared("keys")))
    before = shared("keys")
    keys.press("d")
    equal("which hears nothing any more", shared("keys"), before)
    stop("test/n_keyboard")
    # The same runtime on the way in and out of a handler: a probe there must not wait for it.
    run_test("n_probe", KEYBOARD + r'''
local hits = 0
local p = require("probe").new("lunatik_h_unlock_hardirq", {pre = function() hits = hits + 1 end})
notifier.keyboard(function() shared.hits, shared.missed = hits, p:missed() end)
''', "hardirq")
    keys.press("e", "f", "g")
    ok("a probe on the runtime's own unlocking is missed", within(5, lambda: int(shared("missed") or 0) > 0), shared("missed"))
    stop("test/n_probe")


def terminals():
    run_test("n_vterm", r'''
local shared = require("lunatik")._ENV
local notifier = require("notifier")
shared.written, shared.console = "", -1
notifier.vterm(function(event, c, console)
	if event == notifier.vt.WRITE and #shared.written < 100 then shared.written = shared.written .. utf8.char(c) end
	shared.console = console
end)
''', "hardirq")
    pathlib.Path("/dev/tty3").write_text("")
    with open("/dev/tty1", "w") as tty:
        tty.write("lunatik!")
    ok("what is written to a terminal", within(5, lambda: "lunatik!" in shared("written")), shared("written"))
    equal("on which", shared("console"), "0")
    stop("test/n_vterm")


def keylocker():
    """The example, with its code typed on the keyboard: who is at the console sees nothing of what is typed while it is locked."""
    code = ("up", "up", "down", "down", "left", "right", "left", "right", "ctrl", "alt")
    source = pathlib.Path("/lib/modules/lua/examples/keylocker.lua")
    ok("keylocker is installed", source.exists())
    # It makes itself a hardirq runtime where it is not run in one.
    equal("it runs in a hardirq runtime", lunatik("run", "examples/keylocker", "hardirq").returncode, 0)
    equal("and ends", stop("examples/keylocker"), 0)
    equal("it runs", lunatik("run", "examples/keylocker").returncode, 0)
    with open("/dev/tty1", "rb", buffering=0) as tty:
        fcntl.ioctl(tty, VT_ACTIVATE, 1)
        subprocess.run(["stty", "-F", "/dev/tty1", "raw", "-echo"], check=True)
        os.set_blocking(tty.fileno(), False)

        def read():
            time.sleep(0.3)
            return tty.read() or b""
        # What was typed before stays where it is until it is flushed.
        termios.tcflush(tty, termios.TCIFLUSH)
        keys.press("x")
        equal("keys arrive", read(), b"x")
        keys.press(*code)
        read()
        keys.press("y", "z", "spc")
        equal("locked: they do not", read(), b"")
        keys.press("up", *code)
        read()
        keys.press("w")
        equal("unlocked: they do", read(), b"w")
        subprocess.run(["stty", "-F", "/dev/tty1", "sane"], check=False)
    log = subprocess.run(["dmesg"], capture_output=True, text=True).stdout
    like("the log says both", log, r"keylocker: locked(.|\n)*keylocker: unlocked")
    stop("examples/keylocker")


for script in pathlib.Path(__file__).resolve().parent.glob("lib/*.lua"):
    install(script.stem, script.read_text())
refusals()
netdevices()
busy()
keyboard()
terminals()
keylocker()
sys.exit(finish())
