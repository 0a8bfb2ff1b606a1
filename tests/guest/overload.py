#!/usr/bin/python3
# SPDX-License-Identifier: MIT OR GPL-2.0-only
# suite: core timeout=300
"""Hooks that take too much of a CPU, or do nothing but fail, are stopped, whatever they are hooks of; the log, the journal and an
event say which and why. Limits can be set, and taken off."""

import contextlib
import fcntl
import itertools
import json
import os
import pathlib
import select
import signal
import socket
import struct
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), "lib"))
from frames import SLOW
from ktap import equal, finish, install, like, lunatik, ok, one_cpu, start, stop, within

SIOCSIFMTU = 0x8922
PARAMETERS = pathlib.Path("/sys/module/lunatik/parameters")
PROBES = pathlib.Path("/sys/kernel/debug/kprobes/list")

# Works for so many milliseconds, by the clock.
WORK = r'''
local linux = require("linux")
local time = linux.time
local function work(milliseconds)
	local until_then = time() + milliseconds * 1000000
	while time() < until_then do end
end
'''

FILTER = WORK + r'''
local netfilter = require("netfilter")
local action = netfilter.action
local function port(skb)
	if skb:getuint8(9) ~= 17 then return 0 end
	return linux.ntoh16(skb:getuint16((skb:getuint8(0) & 15) * 4 + 2))
end
local function register(hook, ops)
	ops = ops or {}
	ops.pf, ops.hooknum, ops.priority, ops.hook = netfilter.family.IPV4, netfilter.inet_hooks.LOCAL_IN, 0, hook
	return netfilter.register(ops)
end
'''

PROBE = WORK + 'local probe = require("probe") local function hits(f, ops) ops = ops or {} ops.pre = f ' \
    'return probe.new("__x64_sys_getppid", ops) end\n'


def run(name, source, *words):
    install(name, source)
    result = lunatik("run", f"test/{name}", *words, limit=60)
    if result.returncode:
        ok(f"run {name}", False, result.stdout, result.stderr)


def log(name):
    return lunatik("log", f"test/{name}").stdout


def stopped(name, what):
    """Whether the log says that a hook of the script was stopped, for taking too much."""
    return f"[detached: {what}: stopped: it took more than" in log(name)


@contextlib.contextmanager
def parameter(name, value):
    path = PARAMETERS / name
    before = path.read_text()
    path.write_text(str(value))
    try:
        yield
    finally:
        path.write_text(before)


class Udp:
    """A socket that sends to itself."""

    def __init__(self, port):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", port))
        self.address = ("127.0.0.1", port)

    def send(self):
        self.socket.sendto(b"x", self.address)

    def arrives(self):
        while select.select([self.socket], [], [], 0)[0]:
            self.socket.recv(100)
        self.send()
        return bool(select.select([self.socket], [], [], 0.5 * SLOW)[0])


def for_seconds(seconds, rate, act, until=lambda: False):
    """Acts so many times a second for so long, or until the condition holds. That is asked seldom: nothing is done meanwhile, and
    what is measured is a second at a time."""
    begin = looked = time.monotonic()
    while (now := time.monotonic()) < begin + seconds:
        if now > looked + 2.5:
            if until():
                return True
            looked = time.monotonic()
        # Never more: what was late is not made up for.
        if rate:
            time.sleep(1 / rate)
        act()
    return until()


def listening():
    """A monitor that hears: who listens does not say since when."""
    monitor = start("-j", "monitor")

    def told():
        lunatik("state", "create", "told")
        lunatik("state", "close", "told")
        return select.select([monitor.stdout], [], [], 0.2)[0]

    ok("monitor listens", within(20, told))
    return monitor


def heard(monitor):
    """Ends a monitor; what it has shown."""
    time.sleep(1)
    monitor.send_signal(signal.SIGINT)
    return [json.loads(line) for line in monitor.communicate(timeout=20 * SLOW)[0].splitlines()]


def packets():
    run("o_packets", FILTER + r'''
register(function(skb) if port(skb) == 7301 then work(30) end return action.ACCEPT end)
register(function(skb) if port(skb) == 7302 then return action.DROP end return action.ACCEPT end)
''', "softirq")
    hog, other = Udp(7301), Udp(7302)
    monitor = listening()
    for_seconds(4, 4, hog.send)
    ok("an eighth of a CPU is none too much", not stopped("o_packets", "netfilter"), log("o_packets"))
    ok("most of one is", for_seconds(20 * SLOW, 0, hog.send, lambda: stopped("o_packets", "netfilter")), log("o_packets"))
    ok("what went through it goes on", hog.arrives())
    ok("the script's other hook stays", not other.arrives())
    events = [event for event in heard(monitor) if event["kind"] == "detached"]
    equal("an event tells", [(event["name"], event["text"]) for event in events],
          [("test/o_packets", "netfilter: stopped: it took more than 25% of a CPU over a second (module parameter overload)")])
    like("the kernel's log too, with the script's name", subprocess.run("dmesg", capture_output=True, text=True).stdout,
         r"test/o_packets: netfilter: stopped: it took more than 25% of a CPU over a second \(module parameter overload\)")
    stop("test/o_packets")

    # Calls come often here: not each is timed.
    run("o_flood", FILTER + r'''
local n = 0
register(function(skb) if port(skb) == 7303 then for i = 1, 20000 do n = n + i end end return action.ACCEPT end)
register(function(skb) if port(skb) == 7304 then n = n + 1 end return action.ACCEPT end)
''', "softirq")
    hog, other = Udp(7303), Udp(7304)
    for_seconds(4, 0, other.send)
    ok("many cheap calls are none too much", not stopped("o_flood", "netfilter"), log("o_flood"))
    ok("many dear ones are", for_seconds(15 * SLOW, 0, hog.send, lambda: stopped("o_flood", "netfilter")), log("o_flood"))
    equal("one hook was stopped", log("o_flood").count("stopped"), 1)
    stop("test/o_flood")

    run("o_percpu", FILTER + 'register(function(skb) if port(skb) == 7305 then work(30) end return action.ACCEPT end)', "softirq",
        "percpu")
    hog = Udp(7305)
    ok("one of a per-CPU script too", for_seconds(20 * SLOW, 0, hog.send, lambda: stopped("o_percpu", "netfilter")),
       log("o_percpu"))
    def calls():
        return next(runtime["calls"] for runtime in json.loads(lunatik("-j", "list").stdout)["runtimes"]
                    if runtime["name"] == "test/o_percpu")

    within(1, lambda: False)
    before = calls()
    for cpu in range(os.cpu_count()):
        os.sched_setaffinity(0, {cpu})
        hog.send()
    os.sched_setaffinity(0, range(os.cpu_count()))
    equal("on all CPUs", calls(), before)
    stop("test/o_percpu")


def limits():
    source = FILTER + 'register(function(skb) if port(skb) == 7306 then work(30) end return action.ACCEPT end, {detach = DETACH})'
    hog = Udp(7306)
    for value, what in ((100, "the limit is all of a CPU"), (0, "there is no limit")):
        with parameter("overload", value):
            run("o_limit", source.replace("DETACH", "nil"), "softirq")
            for_seconds(4, 15, hog.send)
            ok(f"{what}: it stays", not stopped("o_limit", "netfilter"), log("o_limit"))
        if value:
            stop("test/o_limit")
    ok("the limit is back: it goes", for_seconds(20 * SLOW, 0, hog.send, lambda: stopped("o_limit", "netfilter")), log("o_limit"))
    stop("test/o_limit")
    run("o_stays", source.replace("DETACH", "false"), "softirq")
    complaint = "netfilter: takes more than 25% of a CPU over a second"
    ok("one that is to stay: the log complains", for_seconds(20 * SLOW, 0, hog.send, lambda: complaint in log("o_stays")))
    for_seconds(3, 0, hog.send)
    equal("once", log("o_stays").count(complaint), 1)
    ok("and it stays", not stopped("o_stays", "netfilter"))
    stop("test/o_stays")
    # Who drops what its script cannot judge would let it pass if it were gone.
    run("o_drops", FILTER + '''
register(function(skb) if port(skb) == 7307 then work(30) return action.DROP end return action.ACCEPT end, {fail = "drop"})
''', "softirq")
    hog = Udp(7307)
    ok("one that drops: the log complains", for_seconds(20 * SLOW, 0, hog.send, lambda: complaint in log("o_drops")))
    ok("and it drops", not hog.arrives())
    stop("test/o_drops")


def probes():
    def armed():
        return "getppid" in PROBES.read_text()

    run("o_probe", PROBE + 'local n = 0 hits(function() work(30) end)', "hardirq")
    for_seconds(3, 4, os.getppid)
    ok("a probe that takes an eighth of a CPU stays", armed(), log("o_probe"))
    ok("one that takes most of one goes", for_seconds(20 * SLOW, 0, os.getppid, lambda: stopped("o_probe", "probe")), log("o_probe"))
    ok("it is not armed any more", within(5, lambda: not armed()))
    stop("test/o_probe")
    run("o_probes", PROBE + 'local n = 0 hits(function() n = n + 1 end)', "hardirq")
    for_seconds(4, 0, os.getppid)
    ok("many cheap hits are none too much", armed(), log("o_probes"))
    stop("test/o_probes")
    run("o_probes", PROBE + 'hits(function() for i = 1, 3000 do end end)', "hardirq")
    ok("many dear ones are", for_seconds(15 * SLOW, 0, os.getppid, lambda: stopped("o_probes", "probe")), log("o_probes"))
    stop("test/o_probes")
    run("o_kept", PROBE + 'hits(function() work(30) end, {detach = false})', "hardirq")
    for_seconds(4, 0, os.getppid)
    ok("one that is to stay stays", armed())
    stop("test/o_kept")


def notifiers():
    subprocess.run("ip link add ov0 type dummy", shell=True, check=False)
    run("o_notifier", WORK + r'''
require("notifier").netdevice(function(event, name) if name == "ov0" then work(40) end end)
''')
    mtus = itertools.count()
    control = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)

    def change():
        fcntl.ioctl(control, SIOCSIFMTU, struct.pack("16si20x", b"ov0", 1000 + next(mtus) % 400))

    ok("a notifier in process context", for_seconds(20 * SLOW, 0, change, lambda: stopped("o_notifier", "notifier")),
       log("o_notifier"))
    begin = time.monotonic()
    change()
    ok("is called no more", time.monotonic() - begin < 2 * SLOW)
    stop("test/o_notifier")
    subprocess.run("ip link del ov0", shell=True, check=False)


def failures():
    source = PROBE + 'hits(function() error("deliberate") end)'

    def failed(times):
        for _ in range(times):
            os.getppid()
        return "stopped after" in log("o_fails")

    run("o_fails", source, "hardirq")
    ok("nine failures in a row are none too many", not failed(9), log("o_fails"))
    ok("ten are", failed(1))
    like("it is said", log("o_fails"), r"\[detached: probe: stopped after 10 failures in a row\]")
    stop("test/o_fails")
    with parameter("failures", 3):
        lunatik("run", "test/o_fails", "hardirq")
        failed(2)
        ok("the limit is 3", "stopped after 3" not in log("o_fails") and failed(1) and "stopped after 3" in log("o_fails"))
        stop("test/o_fails")
    run("o_endless", source, "hardirq")
    stop("test/o_endless")
    with parameter("failures", 0):
        run("o_endless", source, "hardirq")
        for _ in range(40):
            os.getppid()
        ok("there is no limit", "stopped after" not in log("o_endless"))
        stop("test/o_endless")
    run("o_accepts", FILTER + 'register(function(skb) if port(skb) == 7308 then error("deliberate") end return action.ACCEPT end)',
        "softirq")
    udp = Udp(7308)
    for _ in range(10):
        udp.arrives()
    like("a hook for packets, too, that accepts what it cannot judge", log("o_accepts"),
         r"\[detached: netfilter: stopped after 10 failures in a row\]")
    stop("test/o_accepts")


subprocess.run("ip link set lo up", shell=True, check=False)
# A handler that is held up may exceed its budget too, which is another matter.
with parameter("failures", 0):
    packets()
    limits()
    with one_cpu():
        probes()
    notifiers()
with one_cpu():
    failures()
sys.exit(finish())
