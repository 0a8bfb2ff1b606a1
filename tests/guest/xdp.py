#!/usr/bin/python3
# SPDX-License-Identifier: MIT OR GPL-2.0-only
# suite: core timeout=400
"""Scripts that eBPF programs ask about packets: what they see and may write, what becomes of packets, how they fail, how scripts
and programs come and go; the command that attaches programs. Where the kernel cannot have it, that it says so."""

import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), "lib"))
from frames import SLOW
from ktap import equal, finish, install, like, lunatik, ok, within

LIB = pathlib.Path(__file__).resolve().parent / "lib"
CPUS = os.cpu_count()


def sh(command):
    return subprocess.run(command, shell=True, capture_output=True, text=True, check=False)


def inside(*words, limit=60):
    """The command, in the namespace nb."""
    return subprocess.run(["ip", "netns", "exec", "nb", *words], capture_output=True, text=True, check=False, timeout=limit * SLOW)


def run(name, source, *words):
    install(name, source)
    return inside("lunatik", "run", f"test/{name}", *(words or ("softirq",)))


def ends(name):
    return inside("lunatik", "stop", f"test/{name}").returncode


def shared(key):
    result = lunatik("run", "-e", f'return require("lunatik")._ENV.{key}')
    return result.stdout.strip()


def log(name):
    return inside("lunatik", "log", f"test/{name}").stdout


def compile(source, target):
    machine = os.uname().machine
    return subprocess.run(["clang", "-O2", "-g", "-Wall", "-Werror", "-target", "bpf", f"-I/usr/include/{machine}-linux-gnu", "-c",
                           source, "-o", target], capture_output=True, text=True, check=False)


# Sends what it is told, from ports of its own, and says what comes back: "PORT SIZE SECONDS CPU" or "-".
SENDER = r'''
import os, socket, sys
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(("10.9.0.1", 0))
for line in sys.stdin:
    port, size, limit, cpu = line.split()
    if int(cpu) >= 0: os.sched_setaffinity(0, {int(cpu)})
    s.settimeout(float(limit))
    s.sendto((b"12345678" + b"x" * 65000)[:int(size)], ("10.9.0.2", int(port)))
    try: print(s.recv(70000)[:8].decode(), flush=True)
    except OSError: print("-", flush=True)
'''
ECHO = r'''
import select, socket, sys
sockets = []
for port in map(int, sys.argv[1:]):
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.bind(("0.0.0.0", port))
    sockets.append(s)
print("ready", flush=True)
while True:
    for s in select.select(sockets, [], [])[0]:
        s.sendto(*s.recvfrom(70000))
'''
PORTS = [*range(7001, 7016), *range(7101, 7107), *range(7200, 7212), *range(7250, 7262), *range(7300, 7304), 7401, 7402, 7500]


class Hosts:
    """na sends to nb, where the programs are; va is 10.9.0.1, vb 10.9.0.2."""

    def __enter__(self):
        for command in ("ip netns add na", "ip netns add nb", "ip -n na link add va type veth peer name vb netns nb",
                        "ip -n na addr add 10.9.0.1/24 dev va", "ip -n nb addr add 10.9.0.2/24 dev vb",
                        "ip -n na link set va up", "ip -n nb link set vb up", "ip -n nb link set lo up"):
            done = sh(command)
            if done.returncode:
                ok(command, False, done.stderr)
        self.echo = subprocess.Popen(["ip", "netns", "exec", "nb", sys.executable, "-c", ECHO, *map(str, PORTS)], stdout=subprocess.PIPE, text=True)
        self.echo.stdout.readline()
        self.sender = subprocess.Popen(["ip", "netns", "exec", "na", sys.executable, "-c", SENDER], stdin=subprocess.PIPE,
                                       stdout=subprocess.PIPE, text=True)
        ok("the hosts see each other", within(10, lambda: self.ask(7500) == "12345678"))
        return self

    def __exit__(self, *unused):
        self.sender.stdin.close()
        self.sender.wait()
        self.echo.kill()
        self.echo.wait()
        sh("ip netns del na; ip netns del nb")

    def ask(self, port, size=8, limit=2.0, cpu=-1):
        """What comes back, or None."""
        self.sender.stdin.write(f"{port} {size} {limit * SLOW} {cpu}\n")
        self.sender.stdin.flush()
        came = self.sender.stdout.readline().strip()
        return None if came == "-" else came

    def lost(self, port, cpu=-1):
        return self.ask(port, limit=0.3, cpu=cpu) is None


def refused():
    """A kernel without the feature, and what says so."""
    for context in ("process", "softirq", "hardirq"):
        install("x_none", 'require("xdp")')
        result = lunatik("run", "test/x_none", context)
        equal(f"require fails ({context})", result.returncode, 1)
        like("and says why", result.stderr, "needs Linux 6.4.*57e7c169cd6a")
    said = lunatik("run", "-e", 'print(pcall(require, "xdp"))')
    like("a script can go on without", said.stdout, "^false")
    equal("the module goes", lunatik("unload").returncode, 0)


def wrong_uses():
    result = run("x_wrong", r'''
local ktap = require("test/ktap")
local xdp = require("xdp")
local function pass() return xdp.action.PASS end
ktap.wrong_types("attach", "function", "function", 1, xdp.attach, pass)
ktap.raises("options that are no table", "table expected, got number", xdp.attach, pass, 1)
ktap.raises("no such action", '"pass", "drop" or "aborted" expected', xdp.attach, pass, {fail = "accept"})
ktap.raises("fail is a table", {"bad field 'fail'", "string expected"}, xdp.attach, pass, {fail = {}})
xdp.detach()
local first = xdp.attach(pass)
ktap.is("nothing missed", first:missed(), 0)
ktap.raises("a wrong receiver", {"xdp expected", "data"}, first.missed, require("data").new(1))
ktap.raises("no receiver", "xdp expected, got no value", first.stop)
ktap.raises("it stays in its runtime", "cannot leave its runtime", function() require("lunatik")._ENV.hook = first end)
local second = xdp.attach(pass, {fail = "aborted"})
xdp.detach()
xdp.detach()
local third = xdp.attach(pass)
third:stop()
third:stop()
ktap.raises("a stopped one", "EBADF", third.missed, third)
do local other <close> = xdp.attach(pass) end
local names = {}
for name, value in pairs(xdp.action) do names[#names + 1] = name .. value end
table.sort(names)
ktap.is("actions", table.concat(names, " "), "ABORTED0 DROP1 PASS2 REDIRECT4 TX3")
ktap.finish()
''')
    print("  KTAP version 1")
    for line in result.stdout.splitlines():
        print("  " + line)
    ok("wrong uses", result.returncode == 0, result.stderr)
    ends("x_wrong")
    for context in ("process", "hardirq"):
        like(f"refused in a {context} runtime", run("x_context", 'require("xdp").attach(print)', context).stderr,
             f"needs a softirq runtime, this one is {context}")
        equal(f"detach is harmless there ({context})", run("x_context", 'require("xdp").detach()', context).returncode, 0)
        ends("x_context")


MAIN = r'''
local xdp, linux, netfilter, data = require("xdp"), require("linux"), require("netfilter"), require("data")
local shared = require("lunatik")._ENV
local action = xdp.action
local kept, other
local function fails(f, ...)
	local good, message = pcall(f, ...)
	return not good and message or "no error"
end
-- One for each port; what it returns but for the action is told.
local checks = {
	[7001] = function(packet, argument)
		return action.PASS, #packet, packet:getuint8(14), packet:getuint8(23), packet:getstring(42, 8), #argument,
			argument:getuint32(0), argument:getuint32(4), getmetatable(packet) == getmetatable(data.new(1))
	end,
	[7002] = function(packet, argument)
		local n, bad = #packet, 0
		for _, d in ipairs {packet, argument} do
			for _, offset in ipairs {-1, #d, #d + 1, math.mininteger, math.maxinteger, 1 << 32} do
				if fails(d.getuint8, d, offset) ~= "out of bounds" then bad = bad + 1 end
				if fails(d.setuint8, d, offset, 0) ~= "out of bounds" then bad = bad + 1 end
			end
			if fails(d.getuint32, d, #d - 3) ~= "out of bounds" then bad = bad + 1 end
			if fails(d.setstring, d, #d - 1, "xx") ~= "out of bounds" then bad = bad + 1 end
		end
		return action.PASS, bad, fails(packet.getuint8, packet), fails(packet.getuint8, 1, 0)
	end,
	[7003] = function(packet) packet:setstring(42, "written!") return action.PASS end,
	[7004] = function(packet, argument) argument:setuint32(4, 7) return action.PASS end,
	[7005] = function(packet, argument) kept, other = packet, argument return action.PASS, #kept end,
	[7007] = function(packet) local t = {} for i = 1, 20 do t[i] = packet:getstring(0) .. i end return action.PASS end,
	[7008] = function(packet) xdp.detach() return action.DROP end,
	[7101] = function() return action.PASS end,
	[7102] = function() return action.DROP end,
	[7103] = function() return action.ABORTED end,
	[7104] = function() return action.TX end,
	[7105] = function() return action.REDIRECT end,
	[7402] = function(packet, argument) return action.PASS, #argument, fails(argument.getuint8, argument, 0) end,
}
xdp.attach(function(packet, argument, more)
	local port = linux.ntoh16(packet:getuint16(36))
	local check = checks[port]
	if not check then return action.PASS end
	local told = table.pack(check(packet, argument))
	for i = 2, told.n do told[i] = tostring(told[i]) end
	if told.n > 1 then print(port, tostring(more) .. "|" .. table.concat(told, "|", 2, told.n)) end
	return told[1]
end, {fail = "drop"})
-- Another hook of the same runtime, later on the packet's way.
netfilter.register {
	pf = netfilter.family.IPV4, hooknum = netfilter.inet_hooks.LOCAL_IN, priority = 0,
	hook = function(skb)
		if skb:getuint8(9) == 17 and linux.ntoh16(skb:getuint16(22)) == 7006 and kept then
			print("kept", #kept, #other, fails(kept.getuint8, kept, 0), fails(kept.setuint8, kept, 0, 0),
				fails(other.getuint8, other, 0), fails(kept.getstring, kept, 0))
		end
		return netfilter.action.ACCEPT
	end,
}
'''


def packets(hosts):
    result = run("x_main", MAIN)
    ok("a script that is asked", result.returncode == 0, result.stderr)
    equal("a packet passes", hosts.ask(7001), "12345678")
    like("it saw it all, and the argument", log("x_main"), r"7001\tnil\|50\|69\|17\|12345678\|8\|42\|0\|true")
    hosts.ask(7002)
    like("beyond their ends", log("x_main"), r"7002\tnil\|0\|bad argument.*number expected.*\|bad argument.*data expected")
    equal("what it writes is there", hosts.ask(7003), "written!")
    ok("what it writes into the argument, the program sees", hosts.lost(7004))
    hosts.ask(7005)
    hosts.ask(7006)
    gone = "what this data shows is gone"
    like("what it kept shows nothing", log("x_main"), rf"kept\t0\t0\t{gone}\t{gone}\t{gone}\t(out of bounds|{gone})")
    for port, name, arrives in ((7101, "PASS", True), (7102, "DROP", False), (7103, "ABORTED", False), (7104, "TX", False),
                                (7105, "REDIRECT to nowhere", False)):
        ok(name, bool(hosts.ask(port)) if arrives else hosts.lost(port))
    equal("a program without the name", hosts.ask(7401), "12345678")
    equal("a program without the argument", hosts.ask(7402), "12345678")
    like("the script sees none", log("x_main"), rf"7402\tnil\|0\|{gone}")
    equal("garbage is collected", sum(hosts.ask(7007, 500) is None for _ in range(300)), 0)
    listed = [line for line in inside("lunatik", "list").stdout.splitlines() if "x_main" in line]
    equal("without an error", listed and re.split(r"\s+", listed[0])[5], "0")
    # The script goes and comes while the program stays: the program says what happens meanwhile.
    equal("the script stops", ends("x_main"), 0)
    ok("then the program decides: pass", bool(hosts.ask(7102)))
    ok("and drop", hosts.lost(7300))
    equal("it runs again", run("x_main", MAIN).returncode, 0)
    ok("and decides again", hosts.lost(7102))
    install("x_copy", 'require("xdp").attach(print)')
    like("two runtimes of one name cannot attach", inside("lunatik", "run", "-e",
         'local l = require("lunatik") l.runtime("test/x_main", "softirq")').stderr, "EEXIST")
    ok("the first stays", hosts.lost(7102))
    ok("detached by itself, its last action counts", hosts.lost(7008))
    ok("the next packet passes", bool(hosts.ask(7102)))
    equal("it stops", ends("x_main"), 0)


FAILURES = r'''
local xdp, linux = require("xdp"), require("linux")
local function deep(n) return 1 + deep(n + 1) end
local kinds = {
	function() error("deliberate") end,
	function() end,
	function() return true end,
	function() return 5 end,
	function() return -1 end,
	function() return "pass" end,
	function() while true do end end,
	function() linux.schedule(1) end,
	function() return deep(1) end,
	function() return #("x"):rep(1 << 29) end,
}
local hook
hook = xdp.attach(function(packet)
	local port = linux.ntoh16(packet:getuint16(36))
	local kind = kinds[port % 50]
	if port % 50 == 11 then print("missed", hook:missed()) end
	return kind and kind() or kind == nil and xdp.action.PASS or nil
end, FAIL)
'''


def failures(hosts):
    names = ("error", "nothing", "true", "no action", "a negative number", "a string", "endless", "sleeping", "deep", "memory")
    for script, first, fails, passes in (("x_fail", 7200, "{detach = false}", True), ("x_drop", 7250, '{fail = "drop"}', False)):
        result = run(script, FAILURES.replace("FAIL", fails))
        ok("a script that fails", result.returncode == 0, result.stderr)
        for number, name in enumerate(names, 1):
            ok(f"{name}: {'pass' if passes else 'drop'}", bool(hosts.ask(first + number)) if passes else hosts.lost(first + number))
        ok("another packet passes", bool(hosts.ask(first)))
        listed = [line for line in inside("lunatik", "list").stdout.splitlines() if script in line]
        ok("each is counted", listed and int(re.split(r"\s+", listed[0])[5]) == len(names), listed)
        said = log(script)
        for pattern in ("deliberate", "returned no verdict", "time budget exceeded", "may sleep and cannot be called", "not enough memory"):
            like(f"the log says so: {pattern}", said, pattern)
        hosts.ask(first + 11)
        like("none was missed", log(script), r"missed\t0")
        equal("it stops", ends(script), 0)
    result = run("x_fail", 'require("xdp").attach(function() error("again") end, {fail = "aborted", detach = true})')
    ok("one that is to be detached", result.returncode == 0, result.stderr)
    ok("ten failures", all([hosts.lost(7200) for _ in range(10)]))
    ok("then it is gone", within(5, lambda: hosts.ask(7200)))
    like("which is logged", log("x_fail"), "stopped after 10 failures in a row")
    ends("x_fail")


def percpu(hosts):
    result = run("x_cpus", r'''
local xdp, linux = require("xdp"), require("linux")
local shared = require("lunatik")._ENV
local cpu = require("lunatik").cpu()
shared["cpu" .. cpu], shared["wrong" .. cpu] = 0, 0
local hook
hook = xdp.attach(function(packet)
	local port = linux.ntoh16(packet:getuint16(36))
	shared["cpu" .. cpu] = shared["cpu" .. cpu] + 1
	if require("lunatik").cpu() ~= cpu then shared["wrong" .. cpu] = 1 end
	if port == 7302 then shared.missed = hook:missed() end
	if port == 7303 then xdp.detach() end
	return xdp.action.PASS
end)
''', "softirq", "percpu")
    ok("a script with a state for each CPU", result.returncode == 0, result.stderr)
    for cpu in range(CPUS):
        for _ in range(10):
            hosts.ask(7301, cpu=cpu)
    equal("each packet is seen once", sum(int(shared(f"cpu{n}")) for n in range(CPUS)), 10 * CPUS)
    ok("by the state of its CPU", all(shared(f"cpu{n}") != "0" and shared(f"wrong{n}") == "0" for n in range(CPUS)),
       *(shared(f"cpu{n}") for n in range(CPUS)))
    hosts.ask(7302)
    equal("nothing missed", shared("missed"), "0")
    ok("detached in one state", bool(hosts.ask(7303)))
    ok("it is in all", hosts.lost(7301, 0) and hosts.lost(7301, CPUS - 1))
    equal("it stops", ends("x_cpus"), 0)


def command(hosts, directory):
    """lunatik xdp: what it attaches, lists and takes off, and every way to be wrong."""
    program = f"{directory}/asks.o"
    os.chmod(directory, 0o755)
    (pathlib.Path(directory) / "text.o").write_text("text")
    for words, status, message in (
            (("load", program, "nosuch"), 6, "no network device 'nosuch'"), (("load", f"{directory}/none.o", "vb"), 6, "No such file"),
            (("load", f"{directory}/text.o", "vb"), 1, "is no eBPF object"), (("load", program), 2, "needs an object file and a device"),
            (("load", program, "vb", "--mode", "fast"), 2, "'fast' is not a mode"), (("burn",), 2, "cannot 'burn'"), ((), 2, "what to do"),
            (("unload",), 2, "needs a device"), (("unload", "vb"), 6, "has no XDP program"), (("unload", "nosuch"), 6, "no network device"),
            (("unload", "vb", "vb"), 2, "nothing else"), (("list", "vb"), 2, "takes no name"), (("list", "--replace"), 2, "takes no"),
            (("load", program, "vb", "--program", "nosuch"), 6, "has no XDP program 'nosuch'"),
            (("load", program, "vb", "--program", "other"), 6, "has no XDP program 'other'")):
        done = inside("lunatik", "xdp", *words)
        equal(f"xdp {' '.join(words)}: status", done.returncode, status)
        like("message", done.stderr, message)
    equal("nothing is attached by these", inside("lunatik", "xdp", "list").stderr, "no device has an XDP program\n")
    done = inside("setpriv", "--reuid=65534", "--clear-groups", "--inh-caps=-all", "lunatik", "xdp", "load", program, "vb")
    equal("not root: status", done.returncode, 4)
    like("and a hint", done.stderr, "sudo")
    done = inside("lunatik", "-j", "xdp", "load", program, "vb")
    answer = json.loads(done.stdout)
    equal("load", (done.returncode, answer["device"], answer["program"], answer["mode"]), (0, "vb", "asks", "native"))
    listed = json.loads(inside("lunatik", "-j", "xdp", "list").stdout)
    equal("list", listed, {"status": 0, "programs": [{"device": "vb", "program": "asks", "mode": "native", "id": answer["id"]}]})
    like("list, for people", inside("lunatik", "xdp", "list").stdout, r"vb +asks +native +\d+")
    done = inside("lunatik", "xdp", "load", program, "vb")
    equal("a second one: status", done.returncode, 6)
    like("and a hint", done.stderr, "lunatik xdp unload vb first, or add --replace")
    equal("in its place", inside("lunatik", "xdp", "load", program, "vb", "--replace", "--program", "drops").returncode, 0)
    ok("which drops", hosts.lost(7500))
    equal("unload", inside("lunatik", "xdp", "unload", "vb").returncode, 0)
    ok("then nothing is", bool(hosts.ask(7500)))
    like("generic", inside("lunatik", "-j", "xdp", "load", program, "vb", "--mode", "generic").stdout, '"mode": ?"generic"')
    run("x_main", MAIN)
    equal("a packet in generic mode", hosts.ask(7003), "written!")
    ok("dropped in generic mode", hosts.lost(7102))
    equal("JSON of unload", json.loads(inside("lunatik", "-j", "xdp", "unload", "vb").stdout), {"status": 0})
    equal("an error as JSON", json.loads(inside("lunatik", "-j", "xdp", "unload", "vb").stdout)["status"], 6)
    ends("x_main")


def unloading(hosts):
    """While a program is attached its function stays."""
    run("x_main", MAIN)
    done = inside("lunatik", "unload")
    equal("unload is refused", done.returncode, 1)
    like("and says what to do", done.stderr, r"lunatik_xdp is in use: 1 eBPF program calls it: \S+ \(id \d+\)\n.*nothing was stopped.*lunatik xdp unload")
    ok("the script goes on, and decides", hosts.lost(7102))
    ends("x_main")
    ok("packets go on", bool(hosts.ask(7102)))
    equal("a script runs again", run("x_main", MAIN).returncode, 0)
    ok("and decides", hosts.lost(7102))
    equal("the program goes", inside("lunatik", "xdp", "unload", "vb").returncode, 0)
    equal("the module too", lunatik("unload").returncode, 0)


def main():
    install("ktap", (LIB / "ktap.lua").read_text())
    lunatik("load")
    said = lunatik("run", "-e", 'return pcall(require, "xdp")')
    if not said.stdout.startswith("true"):
        ok("only an old kernel is without", tuple(map(int, re.findall(r"\d+", os.uname().release)[:2])) < (6, 4), said.stdout)
        refused()
        return finish()
    with tempfile.TemporaryDirectory(dir="/tmp") as directory, Hosts() as hosts:
        done = compile(LIB / "asks.bpf.c", f"{directory}/asks.o")
        ok("the program compiles", done.returncode == 0, done.stderr)
        wrong_uses()
        command(hosts, directory)
        done = inside("lunatik", "xdp", "load", f"{directory}/asks.o", "vb")
        ok("the program is attached", done.returncode == 0, done.stderr)
        for part in (packets, failures, percpu, unloading):
            print(f"# {part.__name__}", flush=True)
            part(hosts)
    return finish()


sys.exit(main())
