#!/usr/bin/python3
# SPDX-License-Identifier: MIT OR GPL-2.0-only
# suite: core timeout=120
"""CPUs that go and come while packets go through hooks that have a state for each CPU."""

import os
import pathlib
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), "lib"))
from ktap import equal, finish, install, lunatik, ok, shared, state, stop, within
from traffic import traffic

CPU = pathlib.Path("/sys/devices/system/cpu/cpu1/online")
HOOK = r'''
local netfilter, lunatik = require("netfilter"), require("lunatik")
local shared, key = lunatik._ENV, "hot" .. lunatik.cpu()
shared[key] = 0
local kept = {}
netfilter.register { pf = netfilter.family.IPV4, hooknum = netfilter.inet_hooks.LOCAL_IN, priority = 0, fail = "drop",
hook = function(skb)
	shared[key] = shared[key] + 1
	kept[shared[key] % 100] = { ("x"):rep(100) .. shared[key] }
	return netfilter.action.ACCEPT
end }
'''


def online(yes):
    CPU.write_text("1" if yes else "0")


def counts():
    return [int(text) if (text := shared(f"hot{cpu}")).isdigit() else 0 for cpu in (0, 1)]


def grows(which):
    before = counts()
    return within(5, lambda: counts()[which] > before[which])


def load():
    result = lunatik("run", "test/hot", "softirq", "percpu", limit=60)
    return ok("a script with a state for each CPU", result.returncode == 0, result.stderr)


def main():
    if not CPU.exists():
        print("1..0 # SKIP there is one CPU, or it cannot go")
        return 4
    os.system("ip link set lo up")
    install("hot", HOOK)
    load()
    with traffic() as flow:
        ok("packets of both CPUs", grows(0) and grows(1), counts())
        bad = []
        for n in range(6):
            online(False)
            before = flow.arrived
            if not grows(0) or not within(5, lambda: flow.arrived > before):
                bad.append(f"{n}: nothing moves without the CPU: {counts()}")
            online(True)
            time.sleep(0.05)
        equal("packets go on while a CPU goes and comes", bad, [])
        os.sched_setaffinity(0, {0, 1})
        ok("its own state goes on afterwards", within(10, lambda: flow.arrived > 0) and grows(0), counts())
        online(False)
        equal("stop while a CPU is away", stop("test/hot"), 0)
        ok("it is gone", state("test/hot") is None, state("test/hot"))
        load()
        ok("loaded while a CPU is away, it serves the other", grows(0), counts())
        result = lunatik("run", "-e", "collectgarbage() return 6 * 7")
        equal("and a runtime runs", result.stdout.strip(), "42")
        online(True)
        ok("the CPU comes, and packets with it", grows(0), counts())
    with traffic() as flow:
        ok("packets of both CPUs again", grows(0) and grows(1), counts())
        # An emulated processor that runs what another one puts a probe into, or takes it from, may jump to nowhere.
        online(False)
        lunatik("run", "-", "--name", "test/hit", "hardirq", source='require("probe").new("__x64_sys_getpriority", {pre = function() end})')
        for _ in range(4):
            online(True)
            online(False)
        equal("a probe's runtime stops too", stop("test/hit"), 0)
        online(True)
    ok("no packet was lost to it", flow.arrived > 0 and flow.sent - flow.arrived <= 2 * 12, flow.sent, flow.arrived)
    print(f"# {flow.arrived} of {flow.sent} packets arrived")
    equal("stop", stop("test/hot"), 0)
    lunatik("run", "-e", "local s = require('lunatik')._ENV s.hot0, s.hot1 = nil, nil")
    return finish()


if __name__ == "__main__":
    try:
        sys.exit(main())
    finally:
        if CPU.exists():
            online(True)
