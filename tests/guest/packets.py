#!/usr/bin/python3
# SPDX-License-Identifier: MIT OR GPL-2.0-only
# suite: timeout=240
"""Packets as they seldom come, through hooks of netfilter and a match of iptables: of no bytes, cut off, in fragments, in pieces, seen by
others too; and hooks of a bridge."""

import os
import pathlib
import re
import shutil
import socket
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), "lib"))
from frames import SLOW
from hosts import ECHO, ask, hosts, inside, serving, sh
from ktap import equal, finish, install, lunatik, ok, shared, within

# Reads all there is of a packet in each way, and beyond it; whatever is wrong raises, and is counted as an error.
LOOK = r'''
local netfilter, linux = require("netfilter"), require("linux")
local shared = require("lunatik")._ENV
local action, family = netfilter.action, netfilter.family
local function outside(skb, name, offset)
	local good, message = pcall(skb[name], skb, offset)
	assert(not good and message == "out of bounds", name .. " at " .. offset .. " of " .. #skb .. ": " .. tostring(message))
end
local function look(where, skb, fixed)
	local n = #skb
	local all = skb:getstring(0)
	assert(#all == n and n == skb:len(), "length")
	for _, offset in ipairs { n, n + 1, -1, math.mininteger, math.maxinteger } do outside(skb, "getuint8", offset) end
	for _, offset in ipairs { n - 1, n - 3 } do outside(skb, "getuint32", offset) end
	for offset = 0, math.min(n, 64) - 1 do assert(skb:getuint8(offset) == all:byte(offset + 1), "byte") end
	if n > 0 then assert(skb:getuint8(n - 1) == all:byte(n), "last byte") end
	local copy = skb:copy()
	assert(copy:getstring(0) == all, "copy")
	local linear, data = pcall(skb.data, skb)
	if linear then
		assert(#data == n and data:getstring(0) == all, "data")
	else
		assert(fixed and data == "EROFS", data)
		shared[where .. "_pieces"] = n
	end
	local there, mac = pcall(skb.data, skb, "mac")
	if there then assert(mac:getstring(#mac - n) == all, "mac") end
	if fixed then
		for _, f in ipairs { skb.setuint8, skb.mark } do
			local good, message = pcall(f, skb, 0, 1)
			assert(not good and (message == "EROFS" or message == "out of bounds"), message)
		end
	end
	shared[where] = (shared[where] or 0) + 1
	shared[where .. n] = (shared[where .. n] or 0) + 1
end
local function register(where, ops)
	ops.priority = ops.priority or 0
	ops.hook = ops.hook or function(skb) look(where, skb) return action.ACCEPT end
	-- A kernel without such hooks says so.
	local good, message = pcall(netfilter.register, ops)
	if not good then
		assert(message == "EOPNOTSUPP", message)
		shared[where] = -1
	end
end
'''
SCRIPT = LOOK + r'''
local hooks = netfilter.inet_hooks
register("p_ingress", { pf = family.NETDEV, hooknum = netfilter.netdev_hooks.INGRESS, dev = "vb" })
register("p_pre", { pf = family.IPV4, hooknum = hooks.PRE_ROUTING, priority = netfilter.ip_priority.RAW_BEFORE_DEFRAG - 1 })
register("p_in", { pf = family.IPV4, hooknum = hooks.LOCAL_IN })
register("p_shout", { pf = family.IPV4, hooknum = hooks.LOCAL_IN, hook = function(skb)
	local at = #skb - 5
	if skb:getuint8(9) == 17 and skb:getstring(at) == "hello" then
		skb:setstring(at, "HELLO")
		skb:checksum()
	end
	return action.ACCEPT
end })
require("xtable").match { name = "odd", match = function(skb, par)
	look(par.hooknum == hooks.PRE_ROUTING and "x_pre" or "x_in", skb, true)
	if par.fragoff > 0 then shared.x_fragments = (shared.x_fragments or 0) + 1 end
	return false
end }
'''

# Frames as they are given, from na's end of the wire; says what could not be sent.
FRAMES = r'''
import socket, struct, sys
me, you = (bytes.fromhex(a.replace(":", "")) for a in sys.argv[1:3])
s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
s.bind(("va", 0))
def ip(data, total=None, options=b"", protocol=17, flags=0):
    size = 20 + len(options)
    head = struct.pack(">BBHHHBBH4s4s", 0x40 | size // 4, 0, total or size + len(data), 7, flags, 64, protocol, 0,
                       socket.inet_aton("10.9.0.1"), socket.inet_aton("10.9.0.2")) + options
    total = sum(struct.unpack(f">{size // 2}H", head))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return head[:10] + struct.pack(">H", total ^ 0xffff) + head[12:] + data
def udp(port, data):
    return struct.pack(">HHHH", 7999, port, 8 + len(data), 0) + data
good = ip(udp(7301, b"good"))
frames = [(0x0800, b""), (0x0800, good[:1]), (0x0800, good[:19]), (0x0800, good[:25]), (0x0800, ip(b"", total=200)),
          (0x0800, ip(b"")), (0x0800, ip(b"1234")), (0x0800, ip(udp(7301, b"x" * 30), options=b"\1" * 40)),
          (0x0800, ip(b"12345678", flags=0x2000)), (0x0800, ip(b"12345678", flags=0x0005)), (0x0800, ip(b"", protocol=6)),
          (0x86dd, b""), (0x86dd, b"\x60" + bytes(10)), (0x0806, b"\0\1"), (0x1234, b"1"), (0x8100, b"\0\5\x08\0" + good), (0x8100, b"\0\5")]
for kind, data in frames:
    try:
        s.send(you + me + struct.pack(">H", kind) + data)
    except OSError as error:
        print("not sent:", len(data), error)
s.send(you + me + struct.pack(">H", 0x0800) + good)
'''
# Prints what of UDP to port 7302 comes by here, before netfilter, and what arrives.
TAP = r'''
import socket, sys, threading
tap = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
tap.bind(("vb", 0))
tap.settimeout(20)
u = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
u.bind(("0.0.0.0", 7302))
u.settimeout(20)
print("ready", flush=True)
got = u.recv(100)
seen = b""
while b"hello" not in seen.lower():
    seen = tap.recv(2000)
print("tap", seen[-5:].decode(), "socket", got.decode(), flush=True)
'''


def run(name, source, host):
    install(name, source)
    done = inside(host, f"lunatik run test/{name} softirq")
    ok(f"{name} runs", done.returncode == 0, done.stdout, done.stderr)


def errors(host, name):
    found = [line for line in inside(host, "lunatik list").stdout.splitlines() if f"test/{name} " in line]
    return found and re.split(r"\s+", found[0])[5]


def count(key):
    value = shared(key)
    return int(value) if re.fullmatch(r"-?\d+", value) else 0


def mac(host, device):
    return re.search(r"link/ether (\S+)", sh(f"ip -n {host} link show {device}").stdout)[1]


def odd():
    directory = pathlib.Path("/tmp/xt")
    directory.mkdir(exist_ok=True)
    (directory / "libxt_odd.lua").write_text('require("luaxt").match {}')
    objects = next(pathlib.Path("/usr/lib").glob("*/xtables/libxt_dnsblock.so"))
    shutil.copy(objects, objects.with_name("libxt_odd.so"))
    os.environ["LUAXT_PATH"] = str(directory)
    with hosts("10.9.0.1/24", "10.9.0.2/24"), serving("nb", sys.executable, "-c", ECHO):
        run("p_odd", SCRIPT, "nb")
        for table, chain in (("raw", "PREROUTING"), ("filter", "INPUT")):
            done = inside("nb", f"iptables-legacy -t {table} -A {chain} -m odd")
            ok(f"a rule in {chain}", done.returncode == 0, done.stderr)
        ok("packets as they are meant", within(10, lambda: ask("10.9.0.2", 33) == "33"))
        for key in ("p_ingress", "p_pre", "p_in", "x_pre", "x_in"):
            ok(f"are seen: {key}", count(key) != 0, shared(key))

        done = inside("na", f"{sys.executable} -c '{FRAMES}' {mac('na', 'va')} {mac('nb', 'vb')}")
        equal("odd frames are sent", done.stderr, "")
        print("# " + done.stdout.replace("\n", "\n# "))
        ok("the last of them, which is good, arrives", within(5, lambda: count("p_in32") > 0))
        if count("p_ingress") > 0:
            if "not sent: 0 " not in done.stdout:
                ok("packets of no bytes", count("p_ingress0") > 0)
            equal("cut off in the header", [count(f"p_ingress{n}") > 0 for n in (1, 19, 25, 20)], [True] * 4)
        for where in ("p_pre", "x_pre"):
            ok(f"cut off in the transport header: {where}", count(f"{where}20") > 0 and count(f"{where}24") > 0)
            ok(f"with options: {where}", count(f"{where}98") > 0)

        equal("a packet of many fragments", ask("10.9.0.2", 30000), "30000")
        ok("in pieces", count("p_in30028") > 0)
        ok("which the match reads too", count("x_in30028") > 0 and shared("x_in_pieces") == "30028", shared("x_in_pieces"))
        ok("fragments", count("x_fragments") > 0 or count("x_pre30028") > 0, shared("x_fragments"))
        equal("no script found anything wrong", errors("nb", "p_odd"), "0")

        with subprocess.Popen(["ip", "netns", "exec", "nb", sys.executable, "-c", TAP], stdout=subprocess.PIPE, text=True) as tap:
            equal("somebody listens", tap.stdout.readline(), "ready\n")
            inside("na", sys.executable + " -c 'import socket; socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b\"hello\", (\"10.9.0.2\", 7302))'")
            equal("what a hook writes, nobody sees that has the packet too", tap.communicate(timeout=60 * SLOW)[0], "tap hello socket HELLO\n")
        equal("without an error", errors("nb", "p_odd"), "0")
        inside("nb", "iptables-legacy -t raw -F")
        inside("nb", "iptables-legacy -F")
        equal("it stops", inside("nb", "lunatik stop test/p_odd").returncode, 0)


BRIDGE = LOOK + r'''
for name, hooknum in pairs(netfilter.bridge_hooks) do
	register("b_" .. name, { pf = family.BRIDGE, hooknum = hooknum })
end
register("b_port", { pf = family.BRIDGE, hooknum = netfilter.bridge_hooks.FORWARD, priority = netfilter.bridge_priority.FILTER_BRIDGED, hook = function(skb)
	if skb:protocol() ~= 0x0800 or skb:getuint8(9) ~= 17 then return action.ACCEPT end
	local port = linux.ntoh16(skb:getuint16(22))
	if port == 7300 and #skb == 28 + 77 then return action.DROP end
	if port == 7300 and #skb == 28 + 44 then
		shared.b_mac = #skb:data("mac") - #skb
		skb:resize(28 + 22)
		skb:setuint16(2, linux.hton16(#skb))
		skb:setuint16(24, linux.hton16(#skb - 20))
		skb:checksum()
	end
	return action.ACCEPT
end })
'''


# Frames with nothing behind their head, which the bridge floods: who gets the same one at another port sees none of what a hook writes.
# Its own copy of the packet has another's bytes in the kernel.
CLONES = r'''
local netfilter = require("netfilter")
local shared = require("lunatik")._ENV
local function write(skb)
	if skb:protocol() == 0x88b5 then
		skb:data("mac"):setstring(0, "\2CLONE")
		shared.b_written = (shared.b_written or 0) + 1
	end
	return netfilter.action.ACCEPT
end
local good, message = pcall(netfilter.register, { pf = netfilter.family.NETDEV, hooknum = netfilter.netdev_hooks.EGRESS, priority = 0,
	dev = "pb", hook = write })
if not good then
	assert(message == "EOPNOTSUPP", message)
	shared.b_written = -1
end
'''
LISTEN = r'''
import socket
listeners = []
for device in ("vb", "vc"):
    s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(0x88b5))
    s.bind((device, 0x88b5))
    s.settimeout(20)
    listeners.append(s)
print("ready", flush=True)
print(*[s.recv(100)[:6].hex() for s in listeners for _ in range(3)], flush=True)
'''
FLOOD = r'''
import socket
s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
s.bind(("va", 0))
for _ in range(3):
    s.send(b"\xff" * 6 + b"\2\0\0\0\0\1\x88\xb5")
'''


def clones():
    for command in ("ip -n nb link add vc type veth peer name pc netns nm", "ip -n nm link set pc master br0", "ip -n nb link set vc up",
                    "ip -n nm link set pc up"):
        equal(command, sh(command).returncode, 0)
    run("p_clones", CLONES, "nm")
    if count("b_written") == -1:
        print("# this kernel has no hooks of what a device sends")
    else:
        ok("the third port forwards", within(20, lambda: "state forwarding" in sh("ip netns exec nm bridge link show dev pc").stdout))
        with subprocess.Popen(["ip", "netns", "exec", "nb", sys.executable, "-c", LISTEN], stdout=subprocess.PIPE, text=True) as listener:
            equal("at two ports somebody listens", listener.stdout.readline(), "ready\n")
            done = inside("na", f"{sys.executable} -c '{FLOOD}'")
            print("#", done.stderr)
            wanted = ["02434c4f4e45"] * 3 + ["ffffffffffff"] * 3
            equal("each gets what was written for it", listener.communicate(timeout=60 * SLOW)[0].split(), wanted)
        equal("the hook wrote", count("b_written"), 3)
    equal("without an error", errors("nm", "p_clones"), "0")
    equal("it stops", inside("nm", "lunatik stop test/p_clones").returncode, 0)


def bridge():
    with hosts("10.9.0.1/24", "10.9.0.2/24"):
        # Between the two: a bridge in a namespace of its own.
        for command in ("ip netns add nm", "ip -n nm link add br0 type bridge", "ip -n na link del va",
                        "ip -n na link add va type veth peer name pa netns nm", "ip -n nb link add vb type veth peer name pb netns nm",
                        "ip -n na addr add 10.9.0.1/24 dev va", "ip -n nb addr add 10.9.0.2/24 dev vb", "ip -n nm addr add 10.9.0.3/24 dev br0",
                        "ip -n nm link set pa master br0", "ip -n nm link set pb master br0", "ip -n na link set va up", "ip -n nb link set vb up",
                        "ip -n nm link set pa up", "ip -n nm link set pb up", "ip -n nm link set br0 up"):
            done = sh(command)
            if done.returncode:
                ok(command, False, done.stderr)
        with serving("nb", sys.executable, "-c", ECHO), serving("nm", sys.executable, "-c", ECHO):
            ok("the bridge forwards", within(20, lambda: ask("10.9.0.2", limit=1.0) == "10"))
            run("p_bridge", BRIDGE, "nm")
            if count("b_FORWARD") == -1:
                print("# this kernel has no hooks of bridges")
            else:
                equal("through the hooks", ask("10.9.0.2", 33), "33")
                equal("to the bridge itself", ask("10.9.0.3", 34), "34")
                for name in ("PRE_ROUTING", "FORWARD", "POST_ROUTING", "LOCAL_IN", "LOCAL_OUT"):
                    ok(f"seen in {name}", count(f"b_{name}") > 0)
                equal("dropped", ask("10.9.0.2", 77, 0.5), "TimeoutError")
                equal("shortened on the way", ask("10.9.0.2", 44), "22")
                equal("the link layer header", shared("b_mac"), "14")
                done = inside("na", f"{sys.executable} -c '{FRAMES}' {mac('na', 'va')} {mac('nb', 'vb')}")
                equal("odd frames", done.stderr, "")
                equal("and it goes on", ask("10.9.0.2", 35), "35")
                # The hook of ports reads what it takes for UDP: where that is cut off it raises, and the packet goes on as declared.
                said = inside("nm", "lunatik log test/p_bridge").stdout.splitlines()
                wrong = [line for line in said if "[started]" not in line and not line.endswith("out of bounds")]
                equal("nothing else is wrong", wrong, [])
                clones()
                equal("a device of the bridge goes", sh("ip -n nm link del pb").returncode, 0)
            equal("it stops", inside("nm", "lunatik stop test/p_bridge").returncode, 0)
        sh("ip netns del nm")


def main():
    for part in (odd, bridge):
        if len(sys.argv) < 2 or part.__name__ in sys.argv[1:]:
            print(f"# {part.__name__}", flush=True)
            part()
    return finish()


sys.exit(main())
