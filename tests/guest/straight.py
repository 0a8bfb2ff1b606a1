#!/usr/bin/python3
# SPDX-License-Identifier: MIT OR GPL-2.0-only
# suite: core timeout=240
"""What packets' functions do without the interpreter (lua/straight.h) is what they do with it: each body here is one hook as it stands,
and one whose first instruction is the interpreter's, which so runs all of it. Both see the same packets and must say the same."""

import json
import os
import re
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), "lib"))
from hosts import Udp, sh
from ktap import equal, finish, install, like, lunatik, ok, one_cpu, shared, stop, unhurried, within

# What a body tells put() is what is compared; put() is a function of Lua's, so that the registers go over to the interpreter there.
BODIES = [
    "put(1, -1, 65535, -65536, 100000, 0x7fffffffffffffff, 'x', nil, true, false)",
    "local a, b, c = A, B, S put(a, b, c, a)",
    "local a = A local b = a put(a + 1, a - 1, a + 100000, a * 3, a & 12, a + b, a - b, a * b, a & b, a | b, a >> 2, a << 2, a >> 70, 2 << a)",
    "local m = MIN put(m - 1, m * 3, MAX + 1, m >> 1, m >> 64, m + MAX, m & MAX)",
    "local a, b = A, B if a == b then put('eq') elseif a < b then put('lt') elseif a <= b then put('le') else put('gt') end",
    "local a = A if a == 7 then put(1) elseif a < 7 then put(2) elseif a <= 8 then put(3) else put(4) end",
    "local a = A put(1) if a > 5 then put(1) end if a >= 8 then put(2) end if a ~= 5 then put(3) end if not (a > 5) then put(4) end",
    "local a = B if a > 5 then put(1) elseif a >= 3 then put(2) elseif a ~= 3 then put(3) else put(4) end",
    "local a = B if a < 9 and a > -3 and a ~= 4 or a == 100 then put('yes', a) else put('no', a) end",
    "local a, b = A, A if a < b then put(1) else put(2) end",
    "local a, b = A, A if a <= b then put(1) else put(2) end",
    "local a, b = A, A if a == b then put(1) else put(2) end",
    "local a = A if a < 8 then put(1) else put(2) end",
    "local a = A if a > 8 then put(1) else put(2) end",
    "local a = A if a <= 7 then put(1) else put(2) end",
    "local a = A if a >= 9 then put(1) else put(2) end",
    "local a = A if a == A then put(1) else put(2) end",
    "local a = A if A == a then put(1) else put(2) end",
    "local a = skb:getuint32(12) local b = skb:getuint8(9) if a == 0x7f000001 and b == 17 then put(a, b) else put(b, a) end",
    "local d = own d:setuint32(0, d:getuint32(0) + 1) local s = T.inner collectgarbage() put(s.deep, d:getuint32(0))",
    "local a = A local n = N if n then put('n') else put('no n') end if not a then put('no a') end put(n and a, n or a, a and n)",
    "local s = S if s == 'text' then put('same') else put('other') end if s ~= S then put('not itself') end",
    "local a = A if a == S then put('mixed') else put('not mixed') end if N == a then put(1) elseif N == N then put(2) end",
    "local a = A if a == BIG then put(1) elseif a == 8 then put(2) end if BIG == 1234567890123 then put(3) end",
    "put(action.ACCEPT, action.DROP, T.one, T.two, T.none, T.inner.deep)",
    "local t = T if t.one == 1 then put(t.two) end local x = M.lazy put(x, M.own)",
    "if skb:getuint8(9) == 17 and skb:getuint16((skb:getuint8(0) & 15) * 4 + 2) == PORT then put('port') else put('no port') end",
    "put(skb:getuint8(0), skb:getint8(9), skb:getuint16(2), skb:getint16(2), skb:getuint32(12), skb:getint32(12), skb:getint64(12))",
    "local n = skb:len() put(n, #skb, skb:mark(), skb:ifindex(), skb:protocol(), skb:getbyte(n - 1))",
    "local x = skb for i = 1, 3 do x = x:getuint8(i) put(x) x = skb end",
    "local a = 0 for i = 0, 19 do a = a + skb:getuint8(i) * i end put(a)",
    "local a = 0 local i = 0 while i < 5 do a = a + skb:getuint8(i) i = i + 1 end put(a)",
    "local i = 0 ::again:: i = i + skb:getuint8(9) if i < 100 then goto again end put(i)",
    "local d = own d:setuint32(0, d:getuint32(0) + 1) d:setuint8(4, 7) put(d:getuint8(4), d:setuint8(5, 300), d:getuint8(5), #d)",
    "local o = both[1] put(o:getuint8(0)) o = both[2] put(o:getuint8(0))",
    "local function get(o) return o:getuint8(0) end put(get(skb), get(own), get(fake), get(skb))",
    "local o = fake put(o:getuint8(3), o:getuint8(4))",
    "local s = S put(s:len(), s:upper(), s:byte(1))",
    "local n = skb:getuint8(0) local t = {} t[1] = n put(n, t[1])",
    "local a <close> = nil local b <const> = 5 put(A, b, A + b)",
    "local a = A local f = function() a = a + 1 return a end put(f(), f(), a)",
    "A2 = A2 + 1 local a = A2 put(a - a)",
    "local a = A ; " + " ".join(f"a = a + {i}" for i in range(60)) + " put(a)",
    "local a = A if a == 0 then " + " ".join(f"a = a + {i}" for i in range(150)) + " end put(a)",
    "local a = A if a == 8 then " + " ".join(f"a = a ~ {i}" for i in range(50)) + " a = a + 1 end put(a)",
]

# What these raise, and where, and who called, must be the same; the second line of each is the one that raises.
RAISING = [
    ("skb:getuint8(0)\nskb:getuint16('x')", r"bad argument #1 to 'getuint16' \(number expected, got string\)"),
    ("local n = skb:getuint8(0)\nskb:getuint16(1 << 20)", "out of bounds"),
    ("local n = skb:getuint8(0)\nskb:nothing(5)", "attempt to call a nil value \\(method 'nothing'\\)"),
    ("local n = skb:getuint8(0)\nskb:getuint8()", r"bad argument #1 to 'getuint8' \(number expected, got no value\)"),
    ("local n = skb:getuint8(0)\nT.kept:getuint8(0)", "the packet is gone|what this data shows is gone"),
    ("local n = A\nn = n + S", "attempt to perform arithmetic on a string value|attempt to"),
    ("local n = A\nif n < S then return 1 end", "attempt to compare number with string"),
    ("local n = A\nn = N.field", "attempt to index a nil value \\(upvalue 'N'\\)"),
    ("local n = A\ndo return S end", "returned no verdict"),
]

SCRIPT = r'''
local netfilter, data = require("netfilter"), require("data")
local shared = require("lunatik")._ENV
local bodies, raising = BODIES, RAISING
local first, second = data.new(8), data.new(8)
second:setuint8(0, 99)
local T = { one = 1, two = 2, inner = { deep = 3 } }
local names = { "action", "A", "B", "S", "N", "MIN", "MAX", "BIG", "A2", "PORT", "T", "M", "both", "fake" }
-- A function with all of these as upvalues of its own, and what takes what it has said.
local function make(body, name, beginning)
	local said = ""
	local function put(...)
		local values = table.pack(...)
		for i = 1, values.n do values[i] = tostring(values[i]) end
		said = said .. table.concat(values, " ") .. ";"
	end
	local source = "local put, own, " .. table.concat(names, ", ") .. " = ... return function(skb) " .. beginning .. " " .. body .. " return 1 end"
	local f = assert(load(source, "=" .. name))(put, data.new(8), netfilter.action, 8, 3, "text", nil, math.mininteger, math.maxinteger,
		1234567890123, 0, require("linux").hton16(7400), T, setmetatable({ own = 5 }, { __index = function(t, key) return key .. "!" end }),
		{ first, second }, { getuint8 = function(self, n) return n end })
	return f, function() local all = said said = "" return all end
end
local priority = 0
local function register(hook)
	priority = priority + 1
	netfilter.register { pf = netfilter.family.IPV4, hooknum = netfilter.inet_hooks.LOCAL_IN, priority = priority, hook = hook,
			     detach = false }
end
local straight, interpreted = {}, {}
register(function(skb) T.kept = skb return 1 end)
for i, body in ipairs(bodies) do
	local f
	f, straight[i] = make(body, "body" .. i, "")
	register(f)
	f, interpreted[i] = make(body, "body" .. i, "local _ = {}")
	register(f)
end
for i, body in ipairs(raising) do
	register((make(body, "bad" .. i, "")))
	register((make(body, "bad" .. i, "local _ = {}")))
end
register(function()
	local different, compared = {}, 0
	for i in ipairs(bodies) do
		local one, other = straight[i](), interpreted[i]()
		if one ~= other then different[#different + 1] = i .. ": " .. one .. " | " .. other end
		if one ~= "" then compared = compared + 1 end
	end
	shared.different, shared.compared = table.concat(different, "\n"), compared
	return 1
end)
'''

# What changes while a hook is there.
CHANGES = r'''
local netfilter, data, debug = require("netfilter"), require("data"), require("debug")
local shared = require("lunatik")._ENV
local priority = 0
local function register(hook)
	priority = priority + 1
	netfilter.register { pf = netfilter.family.IPV4, hooknum = netfilter.inet_hooks.LOCAL_IN, priority = priority, hook = hook, detach = false }
end
local turn = 0
-- The verdict is an upvalue: another one is put in its place, and it gets another value.
local verdict, other = 1, 0
local function says() return verdict end
local function donor() return other end
local T = { verdict = 1 }
local function looks() local t = T return t.verdict end
local objects = { data.new(8), data.new(8) }
objects[2]:setuint8(0, 1)
local object = objects[2]
local function reads(skb) if object:getuint8(0) == 0 then return 0 end return 1 end
local hooked, lines = false, 0
local counted = data.new(8)
local function counts(skb) counted:setuint32(0, counted:getuint32(0) + 1) local n = {} return 1 end
register(function(skb)
	turn = turn + 1
	shared.turn = turn
	if turn == 5 then verdict = 0 end
	if turn == 6 then verdict = 1 end
	if turn == 7 then debug.upvaluejoin(says, 1, donor, 1) end
	if turn == 8 then other = 1 end
	if turn == 9 then T.verdict = 0 end
	if turn == 10 then T = setmetatable({}, { __index = function() return 1 end }) end
	if turn == 11 then object = objects[1] end
	if turn == 12 then object = skb end
	if turn == 13 then object = { getuint8 = function() return 0 end } end
	if turn == 14 then object = objects[2] end
	if turn == 15 then debug.sethook(function() if debug.getinfo(2, "f").func == says then lines = lines + 1 end end, "l") end
	if turn == 16 then shared.lines = lines debug.sethook() end
	if turn == 17 then collectgarbage() end
	if turn == 18 then shared.counted = counted:getuint32(0) end
	return 1
end)
register(counts)
register(says)
register(looks)
register(reads)
register(function() return 1 end)
register(function(a, b, c) if b == nil and c == nil then return 1 end return 0 end)
register(function(...) if select("#", ...) == 1 then return 1 end return 0 end)
'''

# How many packets of these functions the interpreter wants, out of some.
SHARES = [
    ("return 1", "none"),
    ("if skb:getuint8(9) == 17 and skb:getuint16((skb:getuint8(0) & 15) * 4 + 2) == 1 then return 0 end return 1", "none"),
    ("own:setuint32(0, own:getuint32(0) + 1) return 1", "none"),
    ("if skb:len() > 20 then return ACCEPT end return DROP", "none"),
    ("local n = {} return 1", "all"),
    ("skb:getuint8(0) local n = {} return 1", "all"),
    # What is no leaf is not looked for at each packet.
    ("skb:data() return 1", "all"),
    ("for i = 1, 2 do skb:getuint8(i) end return 1", "all"),
]

SHARE = r'''
local netfilter, data = require("netfilter"), require("data")
local own, ACCEPT, DROP = data.new(8), 1, 0
netfilter.register { pf = netfilter.family.IPV4, hooknum = netfilter.inet_hooks.LOCAL_IN, priority = 0, detach = false,
		     hook = function(skb) %s end }
'''

COUNT = r'''
local probe = require("probe")
probe.new(..., { pre = function() end })
'''


def lua(strings):
    return "{" + ",".join("[==[" + text + "]==]" for text in strings) + "}"


def same():
    install("straight", SCRIPT.replace("= BODIES, RAISING", f"= {lua(BODIES)}, {lua([body for body, _ in RAISING])}"))
    done = lunatik("run", "test/straight", "softirq", limit=60)
    ok("the bodies are hooks", done.returncode == 0, done.stderr)
    for packet in range(1, 5):
        with Udp(7400) as udp:
            ok(f"packet {packet} arrives", udp.arrives())
        equal(f"packet {packet}: all bodies say the same", shared("different"), "")
        equal(f"packet {packet}: all say something", shared("compared"), str(len(BODIES)))
    said = lunatik("log", "test/straight").stdout
    for i, (_, pattern) in enumerate(RAISING, 1):
        like(f"body {i} raises", said, pattern)
    for i in range(1, len(RAISING)):
        raised = re.findall(rf"bad{i}:\d+: [^\n]*", said)
        ok(f"body {i} raises the same each time, at the same place", len(set(raised)) == 1, raised)
    equal("they stop", stop("test/straight"), 0)


def changes():
    install("changes", CHANGES)
    done = lunatik("run", "test/changes", "softirq", limit=60)
    ok("hooks whose world changes", done.returncode == 0, done.stderr)
    lost = []
    for packet in range(1, 19):
        with Udp(7401) as udp:
            if not (udp.lost() if packet in (5, 7, 9, 11, 13) else udp.arrives()):
                lost.append(packet)
    equal("each change is seen by the next packet", lost, [])
    equal("each packet came once", shared("turn"), "18")
    equal("a line hook sees what runs", shared("lines"), "1")
    equal("what a leaf did is done once", shared("counted"), "17")
    equal("nothing was raised", lunatik("log", "test/changes").stdout.count("attempt"), 0)
    equal("they stop too", stop("test/changes"), 0)


def calls(name):
    """How often a runtime has been called."""
    return next(runtime["calls"] for runtime in json.loads(lunatik("-j", "list").stdout)["runtimes"] if runtime["name"] == name)


def shares():
    """That most functions need no interpreter is not seen by what they say: its way of a packet is counted by a probe."""
    packets = 20
    lunatik("load")
    with open("/proc/kallsyms", encoding="ascii") as symbols:
        way = re.findall(r" (run_packet(?:\.(?!cold)\S+)?)\t\[lunatik\]", symbols.read())
    ok("the interpreter's way of a packet is a function", len(way) == 1, way)
    install("count", COUNT)
    with Udp(7402) as udp, one_cpu():
        counter = lunatik("run", "test/count", "hardirq", "--", way[0])
        ok("a probe counts", counter.returncode == 0, counter.stderr)
        # Hits of a breakpoint are missed; the kernel makes a jump of it, soon.
        install("share", SHARE % SHARES[-1][0])
        lunatik("run", "test/share", "softirq")
        first = calls("test/count")
        ok("and is hit", within(20, lambda: udp.arrives() and calls("test/count") > first))
        stop("test/share")
        for number, (body, share) in enumerate(SHARES, 1):
            install("share", SHARE % body)
            equal(f"function {number} is a hook", lunatik("run", "test/share", "softirq").returncode, 0)
            # What its steps are is seen at the first packet, and what the methods are that it calls at the next.
            arrived = [udp.arrives() for _ in range(3)]
            before = calls("test/count"), calls("test/share")
            arrived += [udp.arrives() for _ in range(packets)]
            after = calls("test/count"), calls("test/share")
            ok(f"function {number}: all packets arrive", all(arrived), arrived)
            equal(f"function {number} was called with each", after[1] - before[1], packets)
            equal(f"function {number} wants the interpreter for {share} of them", after[0] - before[0], {"none": 0, "all": packets}[share])
            equal(f"function {number} ends", stop("test/share"), 0)
        equal("the probe ends", stop("test/count"), 0)


def main():
    sh("ip link set lo up")
    with unhurried():
        same()
        changes()
        shares()
    return finish()


sys.exit(main())
