#!/usr/bin/python3
# SPDX-License-Identifier: MIT OR GPL-2.0-only
# suite: timeout=400
"""Matches and targets of iptables in Lua: what functions get and say, how they fail, how rules and scripts outlive each other, and the
command's side, luaxt, with iptables-legacy."""

import os
import pathlib
import re
import shutil
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), "lib"))
from frames import SLOW
from hosts import DNS, Udp, example, hosts, inside, resolve_with, serving, sh
from ktap import equal, finish, install, like, lunatik, ok, run_script, shared, stop, within

OBJECTS = next(pathlib.Path("/usr/lib").glob("*/xtables/libxt_dnsblock.so"))
CPUS = os.cpu_count()

# The extension "trial", a match and a target: --say TEXT is what the kernel's script is told.
LUAXT = r'''
local luaxt = require("luaxt")
local function common()
	return {
		revision = 1, family = luaxt.family.IPV4,
		options = { { name = "say", value = true, invert = true }, { name = "most" }, { name = "more", value = true } },
		help = function() return "\ntrial options:\n --say TEXT" end,
		init = function(par) par.userargs = "nothing" end,
		parse = function(par)
			if par.option == "most" then par.userargs = ("x"):rep(luaxt.userargs_max)
			elseif par.option == "more" then par.userargs = ("y"):rep(math.tointeger(par.value))
			else par.userargs = (par.invert and "!" or "") .. par.value end
			par.flags = par.flags + 1
		end,
		final_check = function(flags) if flags > 1 then error("too many flags: " .. flags) end end,
		print = function(userargs) return "trial " .. #userargs end,
		save = function(userargs)
			if #userargs > 100 then return "--more " .. #userargs end
			return (userargs:sub(1, 1) == "!" and "! --say " .. userargs:sub(2)) or "--say " .. userargs
		end,
	}
end
luaxt.match(common())
luaxt.target(common())
'''

SCRIPT = r'''
local xtable, netfilter, linux = require("xtable"), require("netfilter"), require("linux")
local shared = require("lunatik")._ENV
local action = netfilter.action
local kept, packet
shared.checked, shared.destroyed, shared.big = shared.checked or 0, shared.destroyed or 0, 0
local function fails(f, ...)
	local good, message = pcall(f, ...)
	return not good and message or "no error"
end
local function check(userargs)
	if userargs == "refuse" then return false end
	if userargs == "raise-in-check" then error("deliberate") end
	if userargs == "gone" then
		shared.gone = table.concat({ fails(function() return kept.thoff end), fails(function() kept.hotdrop = true end), fails(packet.len, packet) }, " ")
	end
	shared.checked = shared.checked + 1
end
local function destroy(userargs)
	shared.destroyed = shared.destroyed + 1
	if userargs == "raise-in-destroy" then error("deliberate") end
end
local saying = {
	yes = function() return true end,
	no = function() return false end,
	none = function() end,
	one = function() return 1 end,
	raise = function() error("deliberate") end,
	loop = function() while true do end end,
	sleep = function() linux.schedule() end,
	memory = function() return ("x"):rep(64 << 20) end,
	hotdrop = function(skb, par) par.hotdrop = true return false end,
	cooled = function(skb, par) par.hotdrop = true par.hotdrop = false return par.hotdrop end,
	["!yes"] = function() return false end,
	write = function(skb, par)
		local data = skb:data()
		shared.fixed = table.concat({ fails(skb.setuint8, skb, 8, 1), fails(skb.mark, skb, 5), fails(skb.resize, skb, 28),
			fails(skb.checksum, skb), fails(skb.setstring, skb, 28, "x"), fails(data.setuint8, data, 28, 1), tostring(skb:copy():len() == #skb) }, " ")
		return false
	end,
	par = function(skb, par)
		shared.par = table.concat({ par.thoff, par.fragoff, par.hooknum, tostring(par.hotdrop), tostring(par.nonsense), type(par),
			fails(function() par.thoff = 1 end), fails(function() par.other = 1 end) }, " ")
		kept, packet = par, skb
		return false
	end,
	kept = function(skb, par) shared.kept = tostring(rawequal(kept, par)) return false end,
}
xtable.match {
	name = "trial", revision = 1, family = netfilter.family.IPV4, proto = 17, checkentry = check, destroy = destroy, detach = false,
	match = function(skb, par, userargs)
		if #userargs > 100 then shared.big = #userargs return userargs == ("x"):rep(#userargs) end
		return saying[userargs](skb, par)
	end,
}
local verdicts = {
	accept = action.ACCEPT, drop = action.DROP, continue = action.CONTINUE, stolen = action.STOLEN, ["repeat"] = action.REPEAT, stop = action.STOP,
	["return"] = action.RETURN, queue = action.QUEUE | 5 << 16 | 0x8000, unsigned = 0xffffffff, errno = action.DROP | 13 << 16, success = action.DROP | 0xffff0000,
	six = 6, large = 1 << 32, negative = -2, text = "accept", yes = true,
}
xtable.target {
	name = "trial", revision = 1, family = netfilter.family.IPV4, checkentry = check, destroy = destroy, detach = false,
	target = function(skb, par, userargs)
		if userargs == "raise" then error("deliberate") end
		if userargs == "hotdrop" then
			shared.hotdrop = fails(function() par.hotdrop = true end)
			return action.CONTINUE
		end
		if userargs == "rewrite" then
			skb:setstring(par.thoff + 8, "HELLO")
			skb:checksum()
			return action.CONTINUE
		end
		if userargs == "longer" then
			skb:resize(#skb + 1000)
			skb:setuint16(2, linux.hton16(#skb))
			skb:setuint16(par.thoff + 4, linux.hton16(#skb - par.thoff))
			skb:setstring(#skb - 1, "!")
			skb:checksum()
			return action.CONTINUE
		end
		return verdicts[userargs]
	end,
}
xtable.match { name = "failing", match = function(skb, par, userargs) error("failing") end, fail = "drop" }
xtable.target { name = "failing", target = function(skb, par, userargs) error("failing") end, fail = "drop" }
xtable.target { name = "failing", revision = 1, target = function(skb, par, userargs) error("failing") end, fail = "accept" }
'''


def prepare():
    """The object file under other names, and the Lua files in a directory of ours."""
    directory = pathlib.Path("/tmp/xt")
    directory.mkdir(exist_ok=True)
    shutil.copy(OBJECTS, OBJECTS.with_name("libxt_trial.so"))
    (directory / "libxt_trial.lua").write_text(LUAXT)
    for name, source in {
            "failing": 'local l = require("luaxt") l.match {} l.target {}',
            "failing1": 'require("luaxt").target { revision = 1 }',
            "broken": "no Lua at all", "empty": "return 1", "raising": 'error("as it loads")',
            "wrong": 'require("luaxt").match { help = 1 }', "family": 'require("luaxt").match { family = 5 }',
            "nofile": None}.items():
        shutil.copy(OBJECTS, OBJECTS.with_name(f"libxt_{name}.so"))
        if source:
            (directory / f"libxt_{name}.lua").write_text(source)
    os.environ["LUAXT_PATH"] = str(directory)


def restore(rules, table="filter", host=None):
    """Puts rules in, all at once."""
    words = (["ip", "netns", "exec", host] if host else []) + ["iptables-legacy-restore"]
    return subprocess.run(words, input=f"*{table}\n" + "".join(f"{rule}\n" for rule in rules) + "COMMIT\n", capture_output=True, text=True,
                          check=False, timeout=60 * SLOW)


def iptables(words, host=None):
    return inside(host, f"iptables-legacy {words}") if host else sh(f"iptables-legacy {words}")


def errors(name):
    """How many errors `lunatik list` shows."""
    found = [line for line in lunatik("list").stdout.splitlines() if f"test/{name} " in line]
    return int(re.sub(r"softirq percpu", "percpu", found[0]).split()[5]) if found else None


def refusals():
    result = run("x_wrong", r'''
local ktap = require("test/ktap")
local xtable = require("xtable")
for _, kind in ipairs { "match", "target" } do
	local make = xtable[kind]
	local function with(name, value)
		local opts = { name = "wrong", [kind] = print }
		if name then opts[name] = value end
		return opts
	end
	ktap.wrong_types(kind, "table", "table", 1, make, with())
	for name, what in pairs { name = "string", revision = "number", family = "number", proto = "number", hooks = "number", [kind] = "function",
		checkentry = "function", destroy = "function", fail = "string" } do
		for given, value in pairs(ktap.values) do
			local needed = name == "name" or name == kind
			if given ~= what and not (given == "nil") and not (what == "string" and given == "number") then
				ktap.raises(kind .. ": " .. name .. " is a " .. given, { "bad field '" .. name .. "'", what .. " expected" }, make, with(name, value()))
			end
		end
	end
	for _, name in ipairs { "name", kind } do
		local opts = with()
		opts[name] = nil
		ktap.raises(kind .. " without " .. name, { "bad field '" .. name .. "'" }, make, opts)
	end
	for name, value in pairs { revision = 256, family = -1, proto = 65536, hooks = 1 << 32 } do
		ktap.raises(name .. " too large", "out of range", make, with(name, value))
	end
	for _, name in ipairs { "", ("x"):rep(29), "a\0b" } do ktap.raises("a name", "1 to 28 bytes", make, with("name", name)) end
	for _, family in ipairs { 1, 5, 4, 11, 255 } do ktap.raises("family " .. family, "no tables of this family", make, with("family", family)) end
	ktap.raises("no such outcome", "expected)", make, with("fail", "match"))
	local one = make(with())
	ktap.is("nothing missed", one:missed(), 0)
	ktap.raises("twice", "EEXIST", make, with())
	ktap.raises("in one of all families", "EEXIST", make, with("family", 2))
	make(with("revision", 2)):stop()
	one:stop()
	one:stop()
	ktap.raises("a stopped one", "EBADF", one.missed, one)
	local again = make(with("family", 2))
	local other = make(with("family", 10))
	ktap.raises("of all families beside them", "EEXIST", make, with())
	again:stop()
	other:stop()
end
ktap.raises("the kernel's own match", "EEXIST", xtable.match, { name = "udp", family = 2, match = print })
ktap.raises("the kernel's own target", "EEXIST", xtable.target, { name = "REJECT", family = 2, target = print })
ktap.raises("'accept' is no match's", "expected)", xtable.match, { name = "a", match = print, fail = "accept" })
ktap.finish()
''')
    print("  KTAP version 1")
    for line in result.stdout.splitlines():
        print("  " + line)
    ok("wrong uses", result.returncode == 0, result.stderr)
    stop("test/x_wrong")
    for context in ("process", "hardirq"):
        result = run(f"x_{context}", 'require("xtable").match { name = "a", match = print }', context)
        like(f"refused in a {context} runtime", result.stderr, f"needs a softirq runtime, this one is {context}")


def run(name, source, *words, host=None):
    install(name, source)
    words = words or ("softirq",)
    if host:
        return inside(host, f"lunatik run test/{name} {' '.join(words)}")
    return lunatik("run", f"test/{name}", *words, limit=60)


# What becomes of a packet whose rule says so. An ACCEPT or DROP behind it shows who decided.
MATCHES = {"yes": True, "no": False, "none": False, "one": False, "raise": False, "loop": False, "sleep": False, "memory": False,
           "hotdrop": True, "cooled": False, "write": False, "par": False, "kept": False}
TARGETS = {"accept": "accept", "drop": "drop", "continue": "next", "stolen": "drop", "repeat": "next", "stop": "next", "return": "next",
           "queue": "accept", "unsigned": "next", "errno": "drop", "success": "next", "six": "next", "large": "next", "negative": "next", "text": "next",
           "yes": "next", "raise": "next", "hotdrop": "next"}
MATCH_PORTS = {name: 7700 + n for n, name in enumerate(MATCHES)}
TARGET_PORTS = {name: 7750 + n for n, name in enumerate(TARGETS)}
MATCH_FAILURES = ("none", "one", "raise", "loop", "sleep", "memory")
TARGET_FAILURES = ("repeat", "stop", "return", "success", "six", "large", "negative", "text", "yes", "raise")


def rules():
    said = [f"-A INPUT -p udp -m udp --dport {MATCH_PORTS[name]} -m trial --say {name} -j DROP" for name in MATCHES]
    said += ["-A INPUT -p udp -m udp --dport 7790 -m trial --most -j DROP",
             "-A INPUT -p udp -m udp --dport 7791 -m trial ! --say yes -j DROP",
             "-A INPUT -p udp -m udp --dport 7792 -m failing -j ACCEPT",
             "-A INPUT -p udp -m udp --dport 7793 -j failing",
             "-A INPUT -p udp -m udp --dport 7795 -j trial --say rewrite",
             "-A INPUT -p udp -m udp --dport 7796 -j trial --say longer"]
    for name, port in TARGET_PORTS.items():
        # What goes on to the next rule: it takes the first byte of the payload as the script's word for it.
        said += [f"-A INPUT -p udp -m udp --dport {port} -j trial --say {name}",
                 f"-A INPUT -p udp -m udp --dport {port} -m length --length 31 -j DROP"]
    return said


def outcome(port):
    """drop, next (the rule behind has it, which drops packets of three bytes) or accept."""
    with Udp(port) as udp:
        if udp.lost(b"12345"):
            return "drop"
        return "next" if udp.lost(b"123") else "accept"


def saying():
    done = run("x_say", SCRIPT)
    ok("a script with matches and targets", done.returncode == 0, done.stderr)
    done = restore(rules())
    ok("rules for them", done.returncode == 0, done.stderr)
    before = errors("x_say")
    for name, matches in MATCHES.items():
        with Udp(MATCH_PORTS[name]) as udp:
            equal(f"match: {name}", udp.lost() if matches else udp.arrives() is None, matches)
    for name, wanted in TARGETS.items():
        equal(f"target: {name}", outcome(TARGET_PORTS[name]), wanted)
    with Udp(7790) as udp:
        ok("the longest userargs", udp.lost())
        equal("come whole", shared("big"), "1024")
    with Udp(7791) as udp:
        ok("! --say", udp.arrives())
    for port, what in ((7792, "match"), (7793, "target")):
        with Udp(port) as udp:
            ok(f"a {what} that fails drops if that was declared", udp.lost())
    with Udp(7795) as udp:
        equal("a target writes", udp.arrives(b"hello, all"), b"HELLO, all")
    with Udp(7796) as udp:
        equal("a target lengthens", udp.arrives(b"a" * 20), b"a" * 20 + b"\0" * 999 + b"!")
    equal("a match writes nothing", shared("fixed"), "EROFS EROFS EROFS EROFS EROFS EROFS true")
    like("par", shared("par"), r"^20 0 1 false nil userdata .*only 'hotdrop' can be set .*only 'hotdrop' can be set")
    like("par of a target", shared("hotdrop"), "a target returns DROP")
    # Each target's packet came twice, but for those that were dropped at first.
    expected = len(MATCH_FAILURES) + 2 * len(TARGET_FAILURES) + 2
    equal("failures are counted", errors("x_say") - before, expected)
    said = lunatik("log", "test/x_say").stdout
    for pattern in ("deliberate", "returned no verdict", "time budget exceeded", "may sleep and cannot be called", "not enough memory"):
        like(f"the log says so: {pattern}", said, pattern)
    iptables("-A INPUT -p udp -m trial --say gone -j DROP")
    equal("outside of the function par and the packet are gone", len(re.findall("the packet is gone", shared("gone"))), 3)
    equal("it is the same par each time", shared("kept"), "true")
    ok("flush", iptables("-F").returncode == 0)
    equal("each rule was destroyed once", shared("checked"), shared("destroyed"))
    equal("stop", stop("test/x_say"), 0)


def percpu():
    result = run("x_cpus", r'''
local cpu, shared = require("lunatik").cpu(), require("lunatik")._ENV
shared["xcpu" .. cpu], shared["xwrong" .. cpu], shared["xchecked" .. cpu], shared["xdestroyed" .. cpu] = 0, 0, 0, 0
local function add(name) return function(userargs) if userargs == "refuse" .. cpu then return false end shared[name .. cpu] = shared[name .. cpu] + 1 end end
require("xtable").match { name = "trial", revision = 1, family = 2, checkentry = add("xchecked"), destroy = add("xdestroyed"),
	match = function(skb, par, userargs)
		shared["xcpu" .. cpu] = shared["xcpu" .. cpu] + 1
		if require("lunatik").cpu() ~= cpu or userargs ~= "here" then shared["xwrong" .. cpu] = 1 end
		return true
	end }
''', "softirq", "percpu")
    ok("a script with a state for each CPU", result.returncode == 0, result.stderr)
    done = restore(["-A INPUT -p udp -m udp --dport 7801 -m trial --say here -j ACCEPT"])
    ok("a rule", done.returncode == 0, done.stderr)
    for cpu in range(CPUS):
        os.sched_setaffinity(0, {cpu})
        with Udp(7801) as udp:
            for _ in range(10):
                udp.arrives()
    os.sched_setaffinity(0, range(CPUS))
    equal("each packet is seen once", sum(int(shared(f"xcpu{n}")) for n in range(CPUS)), 10 * CPUS)
    ok("by the state of its CPU", all(int(shared(f"xcpu{n}")) > 0 and shared(f"xwrong{n}") == "0" for n in range(CPUS)))
    done = restore([f"-A INPUT -m trial --say refuse{CPUS - 1} -j ACCEPT"])
    ok("refused by one state", done.returncode != 0)
    iptables("-F")
    equal("each state is told of each rule", [(shared(f"xchecked{n}"), shared(f"xdestroyed{n}")) for n in range(CPUS)],
          [("2", "2")] * (CPUS - 1) + [("1", "1")])
    stop("test/x_cpus")


def lives():
    """Rules and scripts outlive each other."""
    rule = "INPUT -p udp -m udp --dport 7811 -m trial --say yes -j DROP"
    run("x_say", SCRIPT)
    done = iptables(f"-A {rule}")
    ok("a rule", done.returncode == 0, done.stderr)
    like("iptables-save shows it", sh("iptables-legacy-save -t filter").stdout, re.escape(f"-A {rule}"))
    like("so does iptables -L", iptables("-L -n").stdout, "trial 3")
    equal("it is found by what it says", iptables(f"-C {rule}").returncode, 0)
    for text, why in (("refuse", "Invalid argument"), ("raise-in-check", "Invalid argument")):
        done = iptables(f"-A INPUT -m udp -p udp -m trial --say {text} -j DROP")
        like(f"a rule that the script does not want: {text}", done.stderr, why)
    equal("and a rule for another protocol", iptables("-A INPUT -p tcp -m trial --say yes -j DROP").returncode == 0, False)
    iptables("-A INPUT -p udp -m trial --say raise-in-destroy -j RETURN")
    equal("destroy that raises", iptables("-D INPUT -p udp -m trial --say raise-in-destroy -j RETURN").returncode, 0)
    done = sh("iptables-nft -A INPUT -p udp -m udp --dport 7812 -m trial --say yes -j DROP")
    with Udp(7812) as udp:
        ok("iptables of nftables has it too", done.returncode == 0 and udp.lost(), done.stderr)
        sh("iptables-nft -F INPUT")
        ok("and lets it go", udp.arrives())
    sh("ip netns add nx")
    done = iptables(f"-A {rule}", "nx")
    ok("no rule in a namespace without the script", done.returncode != 0, done.stdout)
    ok("but with one", run("x_there", SCRIPT, host="nx").returncode == 0 and iptables(f"-A {rule}", "nx").returncode == 0)
    sh("ip netns del nx")
    ok("the namespace goes with script and rules", within(10, lambda: "x_there" not in lunatik("list").stdout))
    with Udp(7811) as udp:
        ok("it drops", udp.lost())
        equal("the script stops below it", stop("test/x_say"), 0)
        ok("the rule matches nothing then", udp.arrives() and udp.arrives())
        like("the rule is still shown", sh("iptables-legacy-save -t filter").stdout, re.escape(f"-A {rule}"))
        run_script("stays", "x = 1")
        said = lunatik("unload")
        ok("the library stays for it", said.returncode == 1 and re.match(
            r"lunatik: lunatik_xtable is in use: a firewall has 1 rule for scripts\nhint: nothing was stopped; .*iptables-legacy -S", said.stderr), said)
        equal("and what runs goes on", stop("stays"), 0)
        for text in ("ye", "yesyes", "no"):
            ok(f"a new rule finds nobody: {text}", iptables(f"-A {rule.replace('yes', text)}").returncode != 0)
        sh("ip netns add nx")
        ok("nor does one like it elsewhere", iptables(f"-A {rule}", "nx").returncode != 0)
        sh("ip netns del nx")
        done = iptables("-I INPUT -p udp -m udp --dport 7812 -j DROP")
        ok("its table can be changed all the same", done.returncode == 0, done.stderr)
        ok("and the rule matches nothing still", udp.arrives())
        done = iptables("-D INPUT -p udp -m udp --dport 7812 -j DROP")
        ok("and back", done.returncode == 0 and udp.arrives(), done.stderr)
        run("x_say", SCRIPT)
        ok("another run of the script has rules of its own", udp.arrives())
        done = iptables("-I INPUT -p udp -m udp --dport 7812 -j DROP")
        ok("and takes up the table's with the next change", done.returncode == 0 and udp.lost(), done.stderr)
        stop("test/x_say")
        ok("stopped again", udp.arrives())
        run("x_say", SCRIPT)
        saved = sh("iptables-legacy-save -t filter | iptables-legacy-restore")
        ok("so does iptables-save | iptables-restore", saved.returncode == 0 and udp.lost(), saved.stderr)
        stop("test/x_say")
        done = iptables(f"-D {rule}")
        ok("a rule without a script is deleted by what it says, and others stay", done.returncode == 0, done.stderr)
        ok("then it is new", iptables(f"-A {rule}").returncode != 0)
        iptables("-F")
    ok("unload then", lunatik("unload").returncode == 0)
    lunatik("load")


def words():
    """What the command says of extensions that are wrong."""
    run("x_say", SCRIPT)
    for name, pattern in {"broken": "syntax error|expected", "empty": "neither luaxt.match nor luaxt.target", "raising": "as it loads",
                          "wrong": "bad field 'help' .function expected, got number", "family": "no tables of this family",
                          "nofile": "cannot open"}.items():
        done = iptables(f"-A INPUT -m {name} -j DROP")
        like(f"a Lua file that is wrong: {name}", done.stderr, f"luaxt: /tmp/xt/libxt_{name}.lua: .*({pattern})|luaxt: cannot open")
        ok(f"is no extension: {name}", done.returncode != 0)
    like("help", iptables("-m trial --help").stdout, "trial options:\n --say TEXT")
    like("userargs that are too long", iptables("-A INPUT -p udp -m trial --more 1025 -j DROP").stderr, "has 1025 bytes, and may have 1024")
    like("an option that cannot be inverted", iptables("-A INPUT -p udp -m trial ! --most -j DROP").stderr, "most: cannot be inverted")
    like("final_check", iptables("-A INPUT -p udp -m trial --say a --most -j DROP").stderr, "too many flags: 2")
    like("parse that raises", iptables("-A INPUT -p udp -m trial --more nothing -j DROP").stderr, "trial: parse: ")
    done = iptables("-A INPUT -p udp -m trial -j DROP")
    like("init", sh("iptables-legacy-save -t filter").stdout, "-m trial --say nothing -j DROP")
    iptables("-F")
    stop("test/x_say")


def load():
    """Packets on all CPUs while rules and scripts come and go."""
    flood = r'''
import os, socket, sys
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.bind(("127.0.0.1", int(sys.argv[1]))); s.settimeout(10)
lost = sent = 0
while not os.path.exists(sys.argv[2]):
    s.sendto(b"x" * (sent % 1400), s.getsockname())
    sent += 1
    try: s.recv(2000)
    except TimeoutError: lost += 1
print(lost, sent > 100)
'''
    enough = pathlib.Path("/tmp/xt/enough")
    floods = [subprocess.Popen([sys.executable, "-c", flood, str(7850 + n), str(enough)], stdout=subprocess.PIPE, text=True) for n in range(2)]
    source = SCRIPT + "\nsaying.read = function(skb, par) return #skb:getstring(0) ~= #skb end"
    for turn in range(6):
        good = run("x_load", source, "softirq", *(("percpu",) if turn % 2 else ())).returncode == 0
        done = restore(["-A INPUT -p udp -m trial --say read -j DROP", "-A INPUT -p udp -j trial --say continue"])
        ok("a script and its rules come", good and done.returncode == 0, done.stderr)
        if turn % 3:
            iptables("-F")
            stop("test/x_load")
        else:
            stop("test/x_load")
            iptables("-F")
    enough.touch()
    equal("no packet is lost", [process.communicate()[0].strip() for process in floods], ["0 True"] * 2)


def examples():
    os.environ.pop("LUAXT_PATH", None)
    resolve_with("na", "10.1.1.1")

    def address(name):
        return inside("na", f"dig +short +time={1 * SLOW} +tries=2 {name}").stdout.strip()

    def plain(name):
        return address(name) == "192.168.10.1"
    with hosts(), serving("nb", sys.executable, "-c", DNS):
        ok("names have addresses", within(20, lambda: plain("lunatik.com")))
        with example("na", "xt/dnsblock", "softirq"):
            done = iptables("-A OUTPUT -p udp --dport 53 -m dnsblock --domain github.com --domain Gitlab.com -j DROP", "na")
            ok("iptables -m dnsblock", done.returncode == 0, done.stderr)
            ok("another name", plain("lunatik.com"))
            like("a blocked name", address("github.com"), "no servers could be reached|timed out")
            like("one below it, in capitals", address("API.GitLab.com"), "no servers could be reached|timed out")
            like("iptables-save", inside("na", "iptables-legacy-save -t filter").stdout,
                 "-A OUTPUT -p udp -m udp --dport 53 -m dnsblock --domain github.com --domain gitlab.com -j DROP")
            like("the log", inside("na", "lunatik log examples/xt/dnsblock").stdout, "DNS query matched:\tgithub.com")
            iptables("-D OUTPUT -p udp --dport 53 -m dnsblock --domain github.com --domain gitlab.com -j DROP", "na")
            ok("without the rule it has one", plain("github.com"))
        with example("na", "xt/dnsdoctor", "softirq percpu"):
            order = "-p udp --sport 53 -d 10.1.1.2 -j dnsdoctor --name lunatik.com --public 192.168.10.1 --private 10.1.2.3"
            done = iptables(f"-t mangle -A PREROUTING {order}", "na")
            ok("iptables -j dnsdoctor", done.returncode == 0, done.stderr)
            equal("the doctored name", address("lunatik.com"), "10.1.2.3")
            ok("another name stays", plain("example.com"))
            like("iptables-save", inside("na", "iptables-legacy-save -t mangle").stdout,
                 "-j dnsdoctor --name lunatik.com --public 192.168.10.1 --private 10.1.2.3")
            ok("not where it is of no use", iptables(f"-t mangle -A POSTROUTING {order}", "na").returncode != 0)
            like("a wrong address", iptables(f"-t mangle -A PREROUTING {order} --private nowhere", "na").stderr, "dnsdoctor: ")
            iptables("-t mangle -F", "na")
            ok("without the rule it is as it was", plain("lunatik.com"))


def main():
    sh("ip link set lo up")
    prepare()
    for part in (refusals, saying, percpu, lives, words, load, examples):
        if len(sys.argv) < 2 or part.__name__ in sys.argv[1:]:
            print(f"# {part.__name__}", flush=True)
            part()
    return finish()


sys.exit(main())
