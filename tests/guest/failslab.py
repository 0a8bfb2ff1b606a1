#!/usr/bin/python3
# SPDX-License-Identifier: MIT OR GPL-2.0-only
# suite: core timeout=250
"""The kernel itself lets one allocation, or one copy from or to user space, fail (fail-nth, failslab): the first, the second, the
third of loading the modules, of each constructor, of making hooks in each context, of stopping everything, of unloading; and some on
the way of packets. Each attempt ends, as a success or as an error, and nothing is lost. The debug kernel alone can do so.

Up to the fortieth each allocation fails in turn, then each tenth of the number; with FAULTS=all each one.
"""

import ctypes
import os
import pathlib
import platform
import socket
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), "lib"))
import frames
from frames import attribute, frame, value_of
from ktap import equal, finish, install, lunatik, ok, stop, within

FAILSLAB = pathlib.Path("/sys/kernel/debug/failslab")
DEBUG = [pathlib.Path("/sys/kernel/debug") / name for name in ("failslab", "fail_page_alloc", "fail_usercopy")]
MOST = 4000
ALL = os.environ.get("FAULTS") == "all"
MODULES = pathlib.Path("/lib/modules") / platform.release() / "updates" / "lunatik"
LIBC = ctypes.CDLL(None, use_errno=True)
FINIT_MODULE, DELETE_MODULE = 313, 176
PORT = 7009

# Requests, by what they are called: (kind, attributes), and the name of a runtime to stop afterwards.
HOOK = f'''
local netfilter = require("netfilter")
local kept, n = {{}}, 0
local port = require("linux").hton16({PORT})
netfilter.register {{ pf = netfilter.family.IPV4, hooknum = netfilter.inet_hooks.LOCAL_IN, priority = 0, hook = function(skb)
	if skb:getuint8(9) ~= 17 or skb:getuint16(22) ~= port then return netfilter.action.ACCEPT end
	n = n + 1
	kept[n % 10] = {{ ("x"):rep(n % 300) .. n, skb:getstring(0, 20) }}
	return netfilter.action.ACCEPT
end }}'''
PROBE = '''
local kept, n = {}, 0
require("probe").new("__x64_sys_getpriority", { pre = function() n = n + 1 kept[n % 10] = { ("x"):rep(n % 300) .. n } end })'''
EVALS = {
    "data.new": 'return #require("data").new(5000)',
    "completion.new": 'return require("completion").new()',
    "buffer.new": 'return require("buffer").new(100)',
    "rcu.table": 'local t = require("rcu").table() t.a = ("x"):rep(500) t.b = 2 return t.a',
    "device.new": 'local d <close> = require("device").new { name = "fault", read = function() return "" end } return 1',
    "socket.new": 'local s = require("socket") local x <close> = s.new(1, 2) x:bind("") x:send("text", x:getsockname()) return x:receive(100)',
    "crypto.shash": 'return require("crypto").shash("sha256")',
    "crypto.skcipher": 'return require("crypto").skcipher("cbc(aes)")',
    "crypto.aead": 'return require("crypto").aead("gcm(aes)")',
    "crypto.rng": 'return require("crypto").rng()',
    "notifier.netdevice": 'local n = require("notifier").netdevice(function() end) n:stop() return 1',
    "lunatik.runtime": 'local r <close> = require("lunatik").runtime("test/nothing") r:resume() return 1',
    "thread.run": 'local r <close> = require("lunatik").runtime("test/nothing") local t = require("thread").run(r, "fault") t:stop() return 1',
    "the shared table": 'local e = require("lunatik")._ENV e.fault = ("x"):rep(3000) e.fault = nil return 1',
    "coroutines and strings": 'return coroutine.wrap(function() return ("%s %d"):format(("a"):rep(2000), 5):upper():gsub("A", "b") end)()',
}


def counted():
    """1, 2, 3, ..., then in growing steps."""
    n = 1
    while n < MOST:
        yield n
        n += 1 if ALL or n < 40 else 1 + n // 10


def threads_of_sessions():
    found = set()
    for path in pathlib.Path("/proc").glob("[0-9]*/comm"):
        try:
            if path.read_text().startswith("lunatik"):
                found.add(path.parent)
        except OSError:
            pass
    return found


class Session:
    """A session, and the kernel thread that runs its requests."""

    def __init__(self):
        before = threads_of_sessions()
        self.file = os.open(frames.DEVICE, os.O_RDWR)
        frames.ask(self.file, frames.evaluate("1"))
        new = threads_of_sessions() - before
        self.fail_nth = next(iter(new)) / "fail-nth" if len(new) == 1 else None

    def close(self):
        os.close(self.file)

    def attempt(self, n, request):
        """Whether an allocation has failed, and the answer."""
        self.fail_nth.write_text(str(n))
        answer = frames.ask(self.file, request)
        try:
            left = int(self.fail_nth.read_text())
            self.fail_nth.write_text("0")
        except OSError:
            # Its client was told that the session is at an end.
            left = 0
        return left == 0, answer


def sweep(name, request, runtime=None):
    session = Session()
    if not ok(f"{name}: the session has a thread", session.fail_nth, threads_of_sessions()):
        return
    odd, failed, reached = [], 0, 0
    for n in counted():
        injected, answer = session.attempt(n, request)
        if answer.trouble == "the end":
            session.close()
            session = Session()
        elif answer.trouble:
            odd.append((n, answer.trouble))
            break
        if runtime:
            within(5, lambda: stop(runtime) in (0, 6))
        if not injected:
            reached = n
            if answer.status != 0:
                odd.append((n, answer.status, answer.message))
            break
        failed += answer.status != 0
    ok(f"{name} survives each failure ({failed} errors, {reached} allocations)", reached and not odd, *odd)
    equal(f"the kernel serves after {name}", value_of("6 * 7"), "42")
    session.close()


def in_child(n, call):
    """A system call in a process of its own, of which the n-th allocation fails: (whether one did, errno)."""
    read, write = os.pipe()
    process = os.fork()
    if process == 0:
        with open("/proc/self/fail-nth", "r+b", buffering=0) as file:
            file.write(str(n).encode())
            result = call()
            code = ctypes.get_errno() if result else 0
            file.seek(0)
            left = b"?"
            # To read what is left is a copy to user space, which may be what fails.
            for _ in range(3):
                try:
                    left = file.read(20)
                    break
                except OSError:
                    left = b"0"
        os.write(write, f"{int(left)} {code}".encode())
        os._exit(0)
    os.close(write)
    said = os.read(read, 100).split()
    os.close(read)
    os.waitpid(process, 0)
    return int(said[0]) == 0, int(said[1])


def modules():
    """Each load and unload of the modules, by the system calls that modprobe makes."""
    subprocess.run(["lunatik", "unload"], check=False)
    names = ["lunatik", "lunatik_data", "lunatik_device"]
    for name in names:
        with open(MODULES / f"{name}.ko", "rb") as file:
            def load():
                return LIBC.syscall(FINIT_MODULE, file.fileno(), b"", 0)
            errors, reached = set(), 0
            for n in counted():
                injected, code = in_child(n, load)
                if not injected:
                    reached = n
                    break
                errors.add(code)
                if not code:
                    LIBC.syscall(DELETE_MODULE, name.encode(), os.O_NONBLOCK)
            ok(f"{name} loads after {reached} failures", reached and pathlib.Path(f"/sys/module/{name}").exists(), errors)
    for name in reversed(names):
        reached, errors = 0, set()
        for n in counted():
            injected, code = in_child(n, lambda name=name: LIBC.syscall(DELETE_MODULE, name.encode(), os.O_NONBLOCK))
            if code == 0:
                reached = n
                if not injected:
                    break
                subprocess.run(["modprobe", name], check=False)
            else:
                errors.add(code)
        ok(f"{name} unloads after {reached} failures", reached and not pathlib.Path(f"/sys/module/{name}").exists(), errors)
    lunatik("load", limit=60)


def sections():
    """Where the code of our modules is."""
    low, high = 1 << 64, 0
    for line in pathlib.Path("/proc/modules").read_text().splitlines():
        words = line.split()
        if words[0].startswith("lunatik"):
            address = int(words[5], 16)
            low, high = min(low, address), max(high, address + int(words[1]))
    return low, high


def packets():
    """Allocations below our code fail by chance, in softirq and in hardirq context too."""
    for name, context, source in (("faulty", "softirq", HOOK), ("faulty2", "hardirq", PROBE)):
        equal(f"a {context} runtime", lunatik("run", "-", context, "--name", name, source=source, limit=60).returncode, 0)
    low, high = sections()
    (FAILSLAB / "require-start").write_text(hex(low))
    (FAILSLAB / "require-end").write_text(hex(high))
    (FAILSLAB / "stacktrace-depth").write_text("32")
    (FAILSLAB / "probability").write_text("20")
    (FAILSLAB / "times").write_text("-1")
    arrived = 0
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
        one.bind(("127.0.0.1", PORT))
        one.settimeout(5)
        for number in range(300):
            one.sendto(b"packet", one.getsockname())
            os.getpriority(os.PRIO_PROCESS, 0)
            arrived += bool(one.recv(100))
            if number == 150:
                # As many as may be: the hook has to have memory again.
                (FAILSLAB / "probability").write_text("60")
    (FAILSLAB / "probability").write_text("0")
    equal("each packet has the declared verdict", arrived, 300)
    log = lunatik("log", "faulty").stdout
    ok("some could not be asked for lack of memory", "not enough memory" in log, log[-2000:])
    for name in ("faulty", "faulty2"):
        equal(f"{name} stops", stop(name), 0)
    for name in ("require-start", "require-end"):
        (FAILSLAB / name).write_text("0" if name == "require-start" else hex((1 << 64) - 1))


def main():
    if not FAILSLAB.exists():
        print("1..0 # SKIP the kernel has no fault injection")
        return 4
    os.system("ip link set lo up")
    install("nothing", "return function() end")
    for path in DEBUG:
        if path.exists():
            # Without a line of the log for each; also allocations that may wait.
            (path / "verbose").write_text("0")
            for name in ("ignore-gfp-wait", "ignore-gfp-highmem"):
                if (path / name).exists():
                    (path / name).write_text("N")
    # Modules are loaded before: whether modprobe finds memory is not ours to say.
    lunatik("run", "-e", "for _, n in ipairs{'data','device','linux','completion','buffer','rcu','socket','crypto','notifier','thread',"
            "'netfilter','probe'} do require(n) end local c = require('crypto') c.shash('sha256') c.skcipher('cbc(aes)') c.aead('gcm(aes)') c.rng()",
            limit=60)
    for name, source in EVALS.items():
        sweep(name, frame(frames.EVAL, attribute(frames.SOURCE, source)))
    script = (frames.NAME, "fault"), (frames.SOURCE, "local t = {} for i = 1, 9 do t[i] = ('x'):rep(i) end return function() end")
    sweep("a runtime", frame(frames.RUN, b"".join(attribute(*one) for one in script)), "fault")
    sweep("a thread", frame(frames.SPAWN, b"".join(attribute(*one) for one in script)), "fault")
    for name, context, source, more in (("a packet hook", 1, HOOK, b""), ("a packet hook for each CPU", 1, HOOK, attribute(frames.PERCPU)),
                                        ("a probe", 2, PROBE, b"")):
        sweep(name, frame(frames.RUN, attribute(frames.NAME, "fault") + attribute(frames.SOURCE, source) +
                          attribute(frames.CONTEXT, context) + more), "fault")
    sweep("a list", frame(frames.LIST))
    sweep("the log", frame(frames.LOG))
    packets()
    sweep("stopping everything", frame(frames.SHUTDOWN))
    modules()
    equal("the kernel serves after all of it", value_of("6 * 7"), "42")
    return finish()


if __name__ == "__main__":
    sys.exit(main())
