#!/usr/bin/python3
# SPDX-License-Identifier: MIT OR GPL-2.0-only
# suite: debug timeout=450
"""The kernel's own allocator fails at each allocation in turn (lib/faults.py): of load and unload, of a session, of each constructor, of
scripts that run in each context, and in hooks. What fails says so, nothing is left of it, and then it succeeds.

memory_runs_out.py lets Lunatik's allocations fail, for ever from the n-th; here those of the kernel's functions that it calls fail too,
where nothing but the kernel's own errors tells it, and one at a time: what is tried again succeeds, Lua collects its garbage and goes on.

Words after the command choose parts (`failslab.py hooks devices`), FAILSLAB_PATTERN what is swept in them.
"""

import contextlib
import errno
import fcntl
import os
import pathlib
import re
import socket
import struct
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), "lib"))
import frames
import genl
from contexts import Session
from faults import Faults, available
from frames import ARGUMENT, CONTEXT, EVAL, LIST, LOG, NAME, PERCPU, RUN, SLOW, SOURCE, SPAWN, STOP
from ktap import equal, finish, install, ok, within

PROBES = pathlib.Path("/sys/kernel/debug/kprobes/enabled")
PARAMETERS = pathlib.Path("/sys/module/lunatik/parameters")
# What there is to say. A thread or a session that cannot be started says what it was for.
MEMORY = r"not enough memory|ENOMEM|Cannot allocate memory|cannot start a thread"
LIMIT = 5000
SEQUENCE = 24  # LUNATIK_ATTRIBUTE_SEQUENCE
SIOCGIFFLAGS, SIOCSIFFLAGS, IFF_UP = 0x8913, 0x8914, 1
PATTERN = os.environ.get("FAILSLAB_PATTERN", "")
# Of the thousand allocations that Lua makes to begin with, only each so many-th fails: memory_runs_out.py has them all.
EVERY = int(os.environ.get("FAILSLAB_EVERY", "20"))

faults = LUA = None


class Client:
    """A session that is opened anew when it has ended, with what a sweep prepares in it."""

    def __init__(self):
        self.session, self.setup = None, ""

    def ask(self, kind, *attributes):
        """None, or what is wrong."""
        if self.session is None:
            self.session = Session()
        try:
            answer = self.session.ask(kind, *attributes)
        except OSError:
            self.drop()
            raise
        if answer.trouble:
            self.drop()
            return answer.trouble
        if answer.status == 0:
            return None
        # The answer that is kept for when there is no memory for one has no words; the command line has them.
        return answer.message or ("not enough memory" if answer.status == 7 else f"status {answer.status} without words")

    def prepare(self, setup):
        self.drop()
        self.setup = setup
        return self.again()

    def again(self):
        """What a failure has left goes; the session answers, as a new one does if it has ended."""
        if self.session is None and self.setup and (said := self.ask(EVAL, (SOURCE, self.setup))):
            return f"prepare: {said}"
        return self.ask(EVAL, (SOURCE, "collectgarbage() return 6 * 7"))

    def drop(self):
        if self.session is not None:
            os.close(self.session.file)
        self.session = None


client = Client()


def attempt(function):
    """None, or what is wrong, as text."""
    try:
        return function()
    except OSError as error:
        return f"{errno.errorcode.get(error.errno, error.errno)} {error}"


def sweep(name, operation, after=client.again, also="(?!)", step=1, silent=False, none=False):
    """Lets allocation 1 of an operation fail, and each `step`-th after it, until there is none left to fail. `after` removes what it has
    made, and says whether all is well; `also` matches what else it may say; with `silent` nothing need be heard of any failure, with
    `none` there need be no allocation."""
    if PATTERN not in name:
        return
    odd, told, nth, begin = [], 0, 1 - step, time.monotonic()
    while nth < LIMIT and len(odd) < 20:
        nth += step
        with faults.at(nth):
            said = attempt(operation)
        fired = faults.fired
        if said:
            told += 1
            if not fired or not re.search(f"{MEMORY}|{also}", said):
                odd.append(f"{nth}{'' if fired else ', nothing failed'}: {said}")
        if (wrong := attempt(after)) and fired:
            odd.append(f"{nth}, afterwards: {wrong}")
        if not fired:
            break
    print(f"# {name}: {nth - step} allocations, {told} told of, {time.monotonic() - begin:.0f} s", flush=True)
    ok(f"{name}: each of its allocations fails once", not fired and (nth > 1 and (told or silent) or none), f"{nth} allocations, {told} told of")
    ok(f"{name}: what fails says so, and the rest goes on", not odd, *odd)
    if not fired and nth > 1:
        ok(f"{name}: failures are where they should be", faults.settle(lambda: (attempt(operation), attempt(after))))


def evaluating(code):
    return lambda: client.ask(EVAL, (SOURCE, code))


def stopping(name):
    """For sweeps that make a runtime: it is stopped if there is one."""
    def after():
        said = client.ask(STOP, (NAME, name))
        return client.again() if said is None or "no runtime" in said or "is not running" in said else said
    return after


# ---- constructors and functions, in a session's own runtime: what is prepared, and what is tried

EVALS = {
    "data": ("d = require('data')", "local x <close> = d.new(1000) x:setstring(0, ('y'):rep(1000)) return x:getstring(0, 1000)"),
    "buffer": ("b = require('buffer')", "local x <close> = b.new(4)"),
    "completion": ("c = require('completion')", "local x <close> = c.new() x:complete() return x:wait(10)"),
    "rcu.table": ("r = require('rcu') d = require('data').new(1)", "local t <close> = r.table() t.a = 'text' t.b = d t.a = nil return t.b"),
    "runtime": ("l = require('lunatik')", "local x <close> = l.runtime('test/nothing') return x:resume()"),
    "thread": ("l, t = require('lunatik'), require('thread')", "local r <close> = l.runtime('test/nothing') local x = t.run(r, 'fails') x:stop()"),
    "device": ("d = require('device')", "d.new{ name = 'fails', read = function() return '' end }:stop()"),
    "notifier": ("n = require('notifier')", "n.netdevice(function() end):stop()"),
    "socket, unix": ("s = require('socket')", "local x <close> = s.new(1, 2) x:bind('\\0' .. ('n'):rep(99)) x:send('text', x:getsockname())"
                     " return x:receive(4000, 0, true)"),
    "socket, tcp": ("s = require('socket') at = 0x7f000001", "local x <close> = s.new(s.af.INET, s.sock.STREAM, 0) x:bind(at, 0) x:listen() local y <close> ="
                    " s.new(s.af.INET, s.sock.STREAM, 0) y:connect(x:getsockname()) local z <close> = x:accept() z:send('text') return y:receive(9)"),
    "shash": ("c = require('crypto') c.shash('sha256')", "local x <close> = c.shash('sha256') return x:digest('text')"),
    "skcipher": ("c = require('crypto') c.skcipher('cbc(aes)')", "local x <close> = c.skcipher('cbc(aes)') x:setkey(('k'):rep(16))"
                 " return x:encrypt(('i'):rep(16), ('t'):rep(64))"),
    "aead": ("c = require('crypto') c.aead('gcm(aes)')", "local x <close> = c.aead('gcm(aes)') x:setkey(('k'):rep(16)) x:setauthsize(16)"
             " return x:encrypt(('i'):rep(12), 'text')"),
    "rng": ("c = require('crypto') c.rng()", "local x <close> = c.rng() return x:getbytes(8)"),
    "linux": ("l = require('linux')", "return l.random(1, 10), l.time()"),
    "a file": ("", "package.loaded['test.nothing'] = nil return require('test.nothing')"),
    "a module": ("", "package.loaded.data = nil return require('data')"),
    "print": ("", "print(('x'):rep(3000))"),
}


def values():
    for name, (setup, code) in EVALS.items():
        if PATTERN in name:
            said = client.prepare(setup)
            ok(f"{name} is prepared", said is None, said)
            # What Lua allocates to load its libraries fails in scripts().
            with faults.without(LUA) if name in ("runtime", "thread") else contextlib.nullcontext():
                sweep(name, evaluating(code), also="ENFILE|ENOBUFS|EADDRINUSE" if name.startswith("socket") else "(?!)")
    client.prepare("")


# ---- sessions and the netlink family

def sessions():
    def whole():
        session = Session()
        try:
            answer = session.ask(EVAL, (SOURCE, "return 1"))
            return answer.trouble or (answer.message or "not enough memory" if answer.status else None)
        finally:
            os.close(session.file)
    with faults.without(LUA):
        sweep("a session", whole)
    client.prepare("")
    client.ask(RUN, (NAME, "fails"), (SOURCE, "print('x')"))
    sweep("list", lambda: listed("fails"))
    sweep("log", lambda: client.ask(LOG, (NAME, "fails")), silent=True)
    client.ask(STOP, (NAME, "fails"))


def listed(name):
    """A list that cannot show all says so."""
    answer = client.session.ask(LIST)
    names = [item[NAME].decode() for item in answer.items]
    if answer.trouble or answer.status:
        return answer.trouble or answer.message or "not enough memory"
    return None if name in names else f"the list has only {names}"


def states():
    with genl.Family(60 * SLOW) as family:
        def whole():
            family.create("fails")
            result = family.exec("fails", "print('x') return ('y'):rep(100)")
            if result.get("STATUS", 1):
                return result.get("MESSAGE", b"").decode() or f"without words: {result}"
            if "LOST" in result:
                return "not enough memory for what it printed"
            if result["VALUES"] != [b"y" * 100] or result["OUTPUT"] != b"x\n":
                return f"half an answer: {result}"
            family.get("fails")
            if b"fails" not in family.names():
                return "it is not listed"
            return f"close: {status}" if (status := family.close("fails")) else None
        def after():
            # An answer may have been cut short: what is left of it comes before the next.
            for _ in range(3):
                with contextlib.suppress(genl.Refused):
                    family.close("fails")
            return client.again() if b"fails" not in family.names() else "it cannot be closed"
        with faults.without(LUA):
            sweep("a state", whole, after, also="ENOBUFS")


# ---- scripts that run, in each context

NETFILTER = '''local netfilter = require("netfilter")
netfilter.register { pf = netfilter.family.INET, hooknum = netfilter.inet_hooks.LOCAL_IN, priority = 0, hook = function() return netfilter.action.ACCEPT end }'''
SCRIPTS = {
    "run": (RUN, "process", "x = { ... }", ()),
    "spawn": (SPAWN, "process", "return function() end", ()),
    "netfilter": (RUN, "softirq", NETFILTER, ()),
    "netfilter, on each CPU": (RUN, "softirq", NETFILTER, ((PERCPU, b""),)),
    "xdp": (RUN, "softirq", 'require("xdp").attach(function() return 2 end)', ()),
    "xtable": (RUN, "softirq", 'require("xtable").match { name = "fails", match = function() return false end }', ()),
    "probe": (RUN, "hardirq", 'require("probe").new("__x64_sys_getppid", { pre = function() end })', ()),
    "probe of a return": (RUN, "hardirq", 'require("probe").new("__x64_sys_getppid", { ret = function() end })', ()),
}


def scripts():
    for module in ("netfilter", "xdp", "xtable", "probe"):
        subprocess.run(["modprobe", f"lunatik_{module}"], check=True)
    for name, (kind, context, source, more) in SCRIPTS.items():
        def whole(kind=kind, context=context, source=source, more=more):
            return client.ask(kind, (NAME, "fails"), (SOURCE, source), (CONTEXT, frames.CONTEXTS.index(context)), (ARGUMENT, "a"), *more)
        # What Lua allocates to load its libraries fails in the first; the others have the same, and what is their own.
        with contextlib.nullcontext() if name == "run" else faults.without(LUA):
            # The kernel warns when there is no memory to put a probe into place.
            if context == "hardirq":
                PROBES.write_text("0")
            sweep(name, whole, stopping("fails"), step=EVERY if name == "run" else 1)
            if context == "hardirq":
                PROBES.write_text("1")


# ---- hooks

ALLOCATES = '''
local n, kept = 0, nil
local data, table = require("data"), require("rcu").table()
local function allocates(more)
	n = n + 1
	kept = { tostring(n) .. ("x"):rep(n % 300), {}, function() return n end }
	local d <close> = data.new(64)
	d:setstring(0, kept[1]:sub(1, 10))
	table.last = kept[1]
	if more then more() end
	print("ended")
end
'''
HOOKS = {
    "a packet": ("softirq", ALLOCATES + '''local netfilter = require("netfilter")
netfilter.register { pf = netfilter.family.IPV4, hooknum = netfilter.inet_hooks.LOCAL_IN, priority = 0, mark = 7007, fail = "accept",
hook = function(skb)
	allocates(function() local c <close> = skb:copy() kept[4] = c:getstring(0) skb:data():setuint8(0, skb:getuint8(0)) end)
	return netfilter.action.ACCEPT
end }'''),
    "a probe": ("hardirq", ALLOCATES + 'require("probe").new("__x64_sys_getpriority", { pre = function() allocates() end })'),
    "a network device": ("process", ALLOCATES + '''
require("notifier").netdevice(function(event, name) if name == "fails0" then allocates() end end)'''),
}


class Log:
    """What a runtime prints and which errors it makes, from now on."""

    def __init__(self, name):
        self.session, self.name, self.last = Session(), name, 0
        self.new()

    def new(self):
        answer = self.session.ask(LOG, (NAME, self.name))
        lines = [(struct.unpack("=Q", item[SEQUENCE])[0], frames.RECORDS[struct.unpack("=I", item[frames.KIND])[0]],
                  item.get(frames.MESSAGE, b"").decode(errors="replace")) for item in answer.items]
        found = [(kind, text) for number, kind, text in lines if number > self.last and kind in ("print", "error")]
        self.last = max([self.last] + [line[0] for line in lines])
        return found

    def close(self):
        os.close(self.session.file)


def hooks():
    # What is told of is want of memory; an emulated CPU with detectors may need more than 50 ms for some of it.
    for parameter, value in (("failures", "0"), ("overload", "0"), ("budget", "5000")):
        (PARAMETERS / parameter).write_text(value)
    os.system("ip link set lo up; ip link add fails0 type dummy")
    sender = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sender.setsockopt(socket.SOL_SOCKET, 36, 7007)
    sender.bind(("127.0.0.1", 0))
    sender.settimeout(5 * SLOW)

    def packet():
        sender.sendto(b"packet", sender.getsockname())
        sender.recv(10)

    def toggle():
        request = struct.pack("16sh14x", b"fails0", 0)
        flags = struct.unpack("16sh14x", fcntl.ioctl(sender, SIOCGIFFLAGS, request))[1]
        fcntl.ioctl(sender, SIOCSIFFLAGS, struct.pack("16sh14x", b"fails0", flags ^ IFF_UP))

    triggers = {"a packet": packet, "a probe": lambda: os.getpriority(os.PRIO_PROCESS, 0) and None, "a network device": toggle}
    for name, (context, source) in HOOKS.items():
        if PATTERN not in name:
            continue
        said = client.ask(RUN, (NAME, "fails"), (SOURCE, source), (CONTEXT, frames.CONTEXTS.index(context)))
        ok(f"{name}: its hook is there", said is None, said)
        other, lines, lost = Log("fails"), [], []

        def after(other=other, lines=lines, lost=lost):
            # Each call leaves a line: what it prints at its end, or its error.
            new = []
            within(5, lambda: new.extend(other.new()) or new)
            lines.extend(text for kind, text in new if kind == "error")
            # The line itself takes memory: it may be what is missing, once.
            if not new:
                lost.append(1)
                return "neither its end nor its error is in the log" if len(lost) > 1 else client.again()
            return "; ".join(text for kind, text in new if kind == "error" and not re.search(MEMORY, text)) or client.again()

        sweep(name, triggers[name], after, silent=True)
        ok(f"{name}: failures were seen", lines)
        other.close()
        client.ask(STOP, (NAME, "fails"))
    sender.close()
    os.system("ip link del fails0")


def devices():
    """Callbacks of a device run in the process that reads."""
    client.prepare("")
    said = client.ask(RUN, (NAME, "fails"), (SOURCE, '''
local text = ""
require("device").new { name = "fails", open = function(driver) driver.opened = {} end, read = function() return ("x"):rep(500) end,
	write = function(_, bytes) text = bytes .. "!" end, release = function(driver) driver.opened = nil end }'''))
    ok("a device is there", said is None, said)

    def whole():
        with open("/dev/fails", "r+b", buffering=0) as file:
            if (got := file.read(1000)) != b"x" * 500:
                return f"read {got}"
            file.write(b"y" * 300)
        return None
    sweep("a device's file", whole, also="ECANCELED")
    client.ask(STOP, (NAME, "fails"))


# ---- modules

# Each before those it needs.
CLASSES = ("xtable", "xdp", "netfilter", "skb", "probe", "notifier", "thread", "socket", "crypto", "completion", "buffer", "fib", "syscall",
           "device", "data", "linux")


def command(*words):
    done = subprocess.run(words, capture_output=True, text=True, errors="replace", check=False, timeout=120 * SLOW)
    return None if done.returncode == 0 else f"status {done.returncode}: {done.stdout} {done.stderr}"


def removed(*words):
    """For what a failure may have kept from being loaded."""
    name = words[-1] if words[0] == "rmmod" else "lunatik"
    return command(*words) if os.path.exists(f"/sys/module/{name}") else None


def modules():
    client.drop()
    equal("unload", command("lunatik", "unload"), None)
    sweep("load", lambda: command("lunatik", "load"), lambda: removed("lunatik", "unload"))
    equal("load again", command("lunatik", "load"), None)
    for name in CLASSES:
        module = f"lunatik_{name}"
        equal(f"{name} is loaded, and removed", (command("modprobe", module), command("rmmod", module)), (None, None))
        sweep(f"modprobe {name}", lambda: command("modprobe", module), lambda: removed("rmmod", module), silent=True, none=True)


def lost():
    """kmem_cache_create() loses the name of a cache's kobject where sysfs_slab_add() fails: the kernel's own leak, which no caller can
    mend, and so none that fails the run. Any other does."""
    leaks = pathlib.Path("/sys/kernel/debug/kmemleak")
    if not leaks.exists():
        return
    leaks.write_text("scan")
    time.sleep(6)
    leaks.write_text("scan")
    others = [leak for leak in re.split(r"^(?=unreferenced object)", leaks.read_text(), flags=re.MULTILINE)
              if leak.strip() and not re.search(r"kstrdup.*kobject_set_name_vargs.*sysfs_slab_add.*kmem_cache_create", leak, re.DOTALL)]
    ok("nothing is lost but by the kernel itself", not others, *others[:5])
    if not others:
        leaks.write_text("clear")


def unloading():
    """Unload, in the middle of everything."""
    def load():
        if (said := command("lunatik", "load")):
            return said
        for number, name in enumerate(("spawn", "netfilter, on each CPU", "probe", "xtable")):
            kind, context, source, more = SCRIPTS[name]
            if (said := client.ask(kind, (NAME, f"fails{number}"), (SOURCE, source), (CONTEXT, frames.CONTEXTS.index(context)), *more)):
                return f"{name}: {said}"
        client.drop()
        return None

    def after():
        return removed("lunatik", "unload") or load()
    client.drop()
    equal("scripts run", load(), None)
    with faults.without("ftrace_set_filter_ip"):
        sweep("unload", lambda: command("lunatik", "unload"), after, also="in use", silent=True)
    client.drop()
    equal("unload in the end", command("lunatik", "unload"), None)
    equal("load in the end", command("lunatik", "load"), None)


def main():
    global faults, LUA
    if not available():
        print("1..0 # SKIP this kernel has no failslab")
        return 4
    install("nothing", "return function() end")
    equal("load", command("lunatik", "load"), None)
    faults = Faults()
    # All that Lua allocates comes from there.
    LUA = next(name for name in faults.symbols if re.fullmatch(r"_ZN7lunatik4Pool10reallocateE\w+", name))
    try:
        for part in (values, sessions, states, scripts, hooks, devices, modules, unloading, lost):
            if part.__name__ in sys.argv[1:] or len(sys.argv) == 1:
                part()
        client.drop()
        ok("no runtime is left", within(5, lambda: not frames.runtimes()), frames.runtimes())
        ok("no device is left", not os.path.exists("/dev/fails"))
    finally:
        faults.close()
    return finish()


if __name__ == "__main__":
    sys.exit(main())
