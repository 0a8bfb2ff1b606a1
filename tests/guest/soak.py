#!/usr/bin/python3
# SPDX-License-Identifier: MIT OR GPL-2.0-only
# suite: timeout=200
"""A mix of everything, by chance, again and again: load, run scripts in every context, traffic, hostile scripts, clients that are
killed, requests that are none, CPUs that go and come, stop, unload. SOAK_SECONDS (60), SOAK_SEED (of the clock), which is printed.

After each cycle nothing of lunatik's is loaded and none of its names is there; at the end the kernel holds no more memory than
after the first few. `make soak` runs it for two hours.
"""

import os
import pathlib
import random
import signal
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), "lib"))
import contexts
import frames
from frames import SLOW, attribute, frame
from ktap import finish, install, lunatik, ok, within
from traffic import traffic

SECONDS = float(os.environ.get("SOAK_SECONDS", "60"))
SEED = int(os.environ.get("SOAK_SEED", str(time.time_ns() % 1000000)))
CPU = pathlib.Path("/sys/devices/system/cpu/cpu1/online")
# Cycles after which the kernel's own caches are as full as they get.
WARM = 3
SCRIPTS = {
    "hook": ("softirq", '''
local netfilter = require("netfilter")
local n = 0
netfilter.register { pf = netfilter.family.IPV4, hooknum = netfilter.inet_hooks.LOCAL_IN, priority = 0, hook = function(skb)
	n = n + 1
	local t = { #skb, ("x"):rep(n % 200), tostring(n) }
	if n % 50 == 49 then error("now and then") end
	return netfilter.action.ACCEPT
end }'''),
    "probe": ("hardirq", '''
local n, shared = 0, require("lunatik")._ENV
require("probe").new("__x64_sys_getpriority", { pre = function(symbol, probe) n = n + 1 shared.soak = n .. symbol end,
	ret = function() if n % 40 == 39 then error("now and then") end end })'''),
    "device": ("process", '''
local n = 0
require("device").new { name = "soak", read = function(_, length) n = n + 1 return ("x"):rep(n % 100) end,
	write = function(_, text) if n % 7 == 0 then error("now and then") end return #text end }'''),
    "thread": ("thread", '''
local linux, thread, data, shared = require("linux"), require("thread"), require("data"), require("lunatik")._ENV
return function()
	while not thread.shouldstop() do
		local d <close> = data.new(100)
		d:setstring(0, tostring(linux.random(1 << 40)))
		shared.soak2 = d:getstring(0, 5)
		linux.schedule(5)
	end
end'''),
    "objects": ("process", '''
kept = {}
for _, name in ipairs { "data", "completion", "rcu", "buffer", "crypto", "socket", "notifier" } do kept[name] = require(name) end
kept.d, kept.c, kept.t = kept.data.new(1000), kept.completion.new(), kept.rcu.table()
for i = 1, 50 do kept.t["k" .. i] = ("x"):rep(i) end
kept.h = kept.crypto.shash("sha256")
kept.s = kept.socket.new(kept.socket.af.INET, kept.socket.sock.DGRAM, 0)
kept.n = kept.notifier.netdevice(function() end)
kept.r = require("lunatik").runtime("test/nothing")
kept.r:resume()'''),
}


def held():
    """Kilobytes that the kernel holds and cannot give back by itself."""
    pathlib.Path("/proc/sys/vm/drop_caches").write_text("2\n")
    lines = (line.split() for line in pathlib.Path("/proc/meminfo").read_text().splitlines())
    return sum(int(line[1]) for line in lines if line[0] in ("SUnreclaim:", "VmallocUsed:", "Percpu:", "KernelStack:"))


def loaded():
    return sorted(path.name for path in pathlib.Path("/sys/module").glob("lunatik*"))


class Mix:
    """What may happen, each a method; names of runtimes are few, so that they meet."""

    def __init__(self, chance):
        self.chance, self.trouble, self.children = chance, [], []
        self.hostile = {context: [script for script in contexts.scripts(context) if not script.name.startswith("loop-print")]
                        for context in ("thread", "softirq", "hardirq")}
        self.done = {}

    def name(self):
        return f"soak/{self.chance.randrange(6)}"

    def run(self, kind=None):
        kind = kind or self.chance.choice(list(SCRIPTS))
        context, source = SCRIPTS[kind]
        words = ["run", "-", context, "--name", self.name()] if context != "thread" else ["spawn", "-", "--name", self.name()]
        if context == "softirq" and self.chance.random() < 0.5:
            words.append("percpu")
        # The name may be taken, and one device or more than the memory allows may be wanted: what counts is that it ends.
        if lunatik(*words, source=source, limit=60).returncode is None:
            self.trouble.append(f"{' '.join(words)} does not end")

    def stop(self):
        if lunatik("stop", self.name(), limit=30).returncode is None:
            self.trouble.append("stop does not end")

    def hostile_script(self):
        context = self.chance.choice(list(self.hostile))
        script = self.chance.choice(self.hostile[context])
        session = contexts.Session()
        try:
            if context == "thread":
                answer = session.ask(frames.SPAWN, (frames.NAME, self.name()), (frames.SOURCE, script.source(context)), limit=60)
            else:
                answer = session.ask(frames.RUN, (frames.NAME, self.name()), (frames.SOURCE, script.source(context)),
                                     (frames.CONTEXT, frames.CONTEXTS.index(context)), limit=60)
            if answer.trouble:
                self.trouble.append(f"{context} {script.name}: {answer.trouble}")
        finally:
            os.close(session.file)

    def kill(self):
        """A client that is killed somewhere."""
        child = subprocess.Popen(["lunatik", *self.chance.choice((["run", "-e", "while true do end"], ["list"], ["log"],
                                  ["run", "-e", "print(('x'):rep(100000))"], ["stop", self.name()]))],
                                 stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(self.chance.random() * 0.2)
        child.send_signal(self.chance.choice((signal.SIGKILL, signal.SIGTERM, signal.SIGINT)))
        try:
            child.wait(20 * SLOW)
        except subprocess.TimeoutExpired:
            self.trouble.append("a killed client does not end")
            child.kill()

    def nonsense(self):
        """Bytes that are no request, or half of one."""
        descriptor = os.open(frames.DEVICE, os.O_RDWR)
        data = bytearray(frame(frames.EVAL, attribute(frames.SOURCE, "return 1")))
        for _ in range(self.chance.randrange(4)):
            data[self.chance.randrange(len(data))] ^= 1 << self.chance.randrange(8)
        try:
            if struct_type(data) != frames.SHUTDOWN:
                os.write(descriptor, data[:self.chance.randrange(1, len(data) + 1)])
        except OSError:
            pass
        os.close(descriptor)

    def hotplug(self):
        if CPU.exists():
            CPU.write_text("0")
            time.sleep(self.chance.random() * 0.1)
            CPU.write_text("1")

    def device(self):
        try:
            with open("/dev/soak", "r+b", buffering=0) as file:
                file.read(50)
                file.write(b"text")
        except OSError:
            pass

    def link(self):
        os.system("ip link add soak0 type veth peer name soak1 2>/dev/null && ip link set soak0 up && ip link delete soak0")

    def healthy(self):
        result = lunatik("run", "-e", "return 6 * 7", limit=30)
        if result.stdout.strip() != "42":
            self.trouble.append(f"a healthy script: {result.returncode} {result.stdout} {result.stderr}")

    def one(self):
        what = self.chance.choices((self.run, self.stop, self.hostile_script, self.kill, self.nonsense, self.hotplug, self.device, self.link,
                                    self.healthy), (4, 3, 4, 3, 2, 1, 2, 1, 2))[0]
        self.done[what.__name__] = self.done.get(what.__name__, 0) + 1
        begin = time.monotonic()
        what()
        if time.monotonic() - begin > 60 * SLOW:
            self.trouble.append(f"{what.__name__} took {time.monotonic() - begin:.0f} s")


def struct_type(data):
    return int.from_bytes(data[6:8], "little")


def cycle(mix, actions):
    """Everything once, then some of it by chance, then all is removed."""
    if (result := lunatik("load", limit=60)).returncode:
        mix.trouble.append(f"load: {result.stderr}")
    with traffic(0.02):
        for kind in SCRIPTS:
            mix.run(kind)
        for _ in range(actions):
            mix.one()
        mix.healthy()
        begin = time.monotonic()
        result = lunatik("unload", limit=60)
        # Who is still on their way out may hold a module for a moment; unload has said so and can be asked again.
        if result.returncode:
            within(10, lambda: lunatik("unload", limit=60).returncode == 0)
        if time.monotonic() - begin > 30 * SLOW:
            mix.trouble.append(f"unload took {time.monotonic() - begin:.0f} s: {result.stderr}")
    if loaded() or os.path.exists(frames.DEVICE) or os.path.exists("/dev/soak"):
        mix.trouble.append(f"left behind: {loaded()} {result.stderr}")


def main():
    print(f"# seed {SEED}, {SECONDS:.0f} s", flush=True)
    mix = Mix(random.Random(SEED))
    os.system("ip link set lo up")
    install("nothing", "return function() end")
    lunatik("unload", limit=60)
    end, cycles, before = time.monotonic() + SECONDS, 0, 0
    while time.monotonic() < end or cycles <= WARM:
        cycle(mix, mix.chance.randrange(4, 16))
        cycles += 1
        if cycles == WARM:
            before = held()
        if mix.trouble:
            break
        if cycles % 5 == 0:
            print(f"# {cycles} cycles, {end - time.monotonic():.0f} s left", flush=True)
    after = held()
    ok(f"{cycles} cycles, seed {SEED}", not mix.trouble, *mix.trouble)
    print(f"# {cycles} cycles: {mix.done}; the kernel holds {before} KiB after {WARM} and {after} KiB now")
    ok("the kernel holds no more than before", before and after - before < 4000 + cycles * 20, before, after)
    complaints = [line for line in subprocess.run(["dmesg"], capture_output=True, text=True, errors="replace").stdout.splitlines()
                  if "objects left" in line or "object left" in line]
    ok("nothing was left behind", not complaints, *complaints)
    return finish()


if __name__ == "__main__":
    sys.exit(main())
