# SPDX-License-Identifier: MIT OR GPL-2.0-only
"""Named states over generic netlink: right use, each wrong one, namespaces, many clients and many states, hostile messages."""

import errno
import os
import random
import re
import signal
import struct
import subprocess
import sys
import threading
import time

from genl import (ACK, ATTRIBUTES, COMMANDS, DONE, DUMP, ERROR, INTERRUPTED, REQUEST, Family, Refused, attribute, attributes, inside)
from ktap import SLOW, equal, faster, finish, install, like, lunatik, ok, state as runtime_state, stop, within

STOPPED_BY, TIMED_OUT = 130, 8
KERNEL = tuple(map(int, os.uname().release.split(".")[:2]))
# Before, a dump that is refused has no text.
WORDLESS = KERNEL < (6, 6)
DEBUG = SLOW > 1


def refused(name, wanted, words, function, *arguments):
    try:
        got = function(*arguments)
    except Refused as error:
        said = re.search(words, error.text) or (WORDLESS and not error.text)
        return ok(name, error.name == wanted and said, error.name, error.text)
    return ok(name, False, f"it was done: {got!r}")


def sh(command):
    return subprocess.run(["sh", "-c", command], check=False, capture_output=True, text=True)


def basics(family):
    equal("no state at first", family.names(), [])
    family.create("one")
    family.create("two", 4 << 20)
    equal("two states", family.names(), [b"one", b"two"])
    equal("the cap that was asked for", family.get("two")["MAXALLOC"], 4 << 20)
    equal("or the module's", family.get("one")["MAXALLOC"], 64 << 20)
    result = family.exec("one", "x = 5 print('said', x) return 1, 'a', nil, true, -7")
    equal("results", result["VALUES"], [b"1", b"a", b"nil", b"true", b"-7"])
    equal("output", (result["OUTPUT"], result["STATUS"]), (b"said\t5\n", 0))
    equal("what the system call of old returned", family.exec("one", "return type({ 123 })")["VALUES"], [b"table"])
    equal("a state keeps its globals", family.exec("one", "return x")["VALUES"], [b"5"])
    equal("and has them alone", family.exec("two", "return x")["VALUES"], [b"nil"])
    equal("zeros in code and results", family.exec("one", 'return "a\0b"')["VALUES"], [b"a\0b"])
    result = family.exec("one", "return setmetatable({}, { __tostring = function() return 'mine' end })")
    edges = [0, 9, 10, -1, -10, 99, 1234567890123456789, (1 << 63) - 1, -(1 << 63)]
    equal("numbers", family.exec("one", f"return {', '.join(map(str, edges[:-1]))}, math.mininteger")["VALUES"], [b"%d" % n for n in edges])
    equal("tostring() of all numbers", family.exec("two", "debug.setmetatable(0, { __tostring = function(n) return 'n' .. n + 1 end }) return 1")["VALUES"],
          [b"n2"])
    equal("tostring() of the script's own", result["VALUES"], [b"mine"])
    equal("nothing to return", family.exec("one", "")["VALUES"], [])
    equal("the size of what ran last", (family.exec("one", "return  1"), family.get("one")["SCRIPTSIZE"])[1], 9)
    result = family.exec("one", "print(1)\nerror('on purpose')")
    ok("an error", result["STATUS"] == 1 and result["MESSAGE"] == b"exec:2: on purpose" and result["OUTPUT"] == b"1\n" and
       b"in main chunk" in result["TRACEBACK"], result)
    like("a wrong chunk", family.exec("one", "return (")["MESSAGE"].decode(), "unexpected symbol near <eof>")
    like("a binary chunk", family.exec("one", b"\x1bLua\x54\x00")["MESSAGE"].decode(), "attempt to load a binary chunk")
    like("__tostring that raises", family.exec("one", "return setmetatable({}, { __tostring = function() error('in tostring') end })")["MESSAGE"].decode(), "in tostring")
    equal("errors are counted", family.get("one")["ERRORS"], 4)
    ok("a state is a runtime", runtime_state("one") == "ready", runtime_state("one"))
    refused("a name twice", "EEXIST", "exists", family.create, "one")
    refused("a cap too small for a state", "ENOMEM", "not enough memory", family.create, "small", 1000)
    for what, function in (("exec", lambda: family.exec("none", "return 1")), ("get", lambda: family.get("none")),
                           ("close", lambda: family.close("none"))):
        refused(f"{what} of no state", "ENOENT", "no state of that name", function)
    equal("close", family.close("two"), 0)
    equal("it is gone", family.names(), [b"one"])
    refused("close again", "ENOENT", "no state", family.close, "two")
    family.create("two")
    equal("the name is free again", family.exec("two", "return x")["VALUES"], [b"nil"])
    equal("lunatik stop closes one too", stop("two"), 0)
    install("plain", "function f() return 'of a script' end")
    lunatik("run", "test/plain")
    equal("code runs in a runtime that lunatik run made", family.exec("test/plain", "return f()")["VALUES"], [b"of a script"])
    stop("test/plain")
    lunatik("run", "-", "softirq", "--name", "soft", source="")
    refused("but not in one that may not sleep", "ENOTSUP", "process context", family.exec, "soft", "return 1")
    equal("which can be closed", family.close("soft"), 0)
    result = family.exec("one", "local t = {} for i = 1, 20000 do t[i] = i end return table.unpack(t, 1, 5000)")
    equal("five thousand results", (len(result["VALUES"]), result["VALUES"][-1]), (5000, b"5000"))
    result = family.exec("one", "return ('x'):rep(300000), 'end', ('y'):rep(70000)")
    equal("long results", result["VALUES"], [b"x" * 300000, b"end", b"y" * 70000])
    result = family.exec("one", "for i = 1, 30000 do print(('z'):rep(60)) end return 1")
    equal("more output than an answer holds is counted", (len(result["OUTPUT"]) + result["LOST"], result["VALUES"]), (30000 * 61, [b"1"]))
    result = family.exec("one", "error(('m'):rep(100000))")
    ok("a long message is cut", 1000 < len(result["MESSAGE"]) < 5000, len(result["MESSAGE"]))
    family.close("one")


def names(family):
    wrong = []
    # On the debug kernel not all of them, but those that something is said of.
    for byte in sorted({*range(0, 256, 7 if DEBUG else 1), 1, 9, 10, 31, 32, 46, 47, 126, 127, 128, 255}):
        for name in (b"a%cz" % byte, b"%c" % byte, b"a%c" % byte, b"%ca" % byte):
            plain = name[:-1] if name.endswith(b"\0") else name
            valid = all(c >= 32 and c != 127 for c in plain) and plain and not plain.startswith(b"/") and not plain.endswith(b"/")
            try:
                family.create(name)
                if not valid or family.names() != [plain] or family.exec(name, "return 1")["VALUES"] != [b"1"]:
                    wrong.append((name, family.names()))
                family.close(name)
            except Refused as error:
                if valid or error.name != "EINVAL":
                    wrong.append((name, error.name, error.text))
    equal("names with every byte in every place", wrong, [])
    for name, words in (("..", "no name"), ("a/..", "no name"), ("../a", "no name"), ("a/../b", "no name"), ("", "policy|no name"),
                        ("x" * 256, "policy")):
        try:
            family.create(name)
            ok(f"{name[:20]!r} is no name", False)
            family.close(name)
        except Refused as error:
            ok(f"{name[:20]!r} is no name", error.name in ("EINVAL", "ERANGE") and re.search(words, error.text, re.I), error)
    for name in ("x" * 255, "a..b", "...", "a/b/c", "%s%n", "ä", "a b", "\xff\xfe"):
        encoded = name.encode("latin-1") if name == "\xff\xfe" else name.encode()
        family.create(encoded)
        equal(f"{name[:20]!r} is one", family.names(), [encoded])
        family.close(encoded)


def memory(family):
    family.create("capped", 1 << 20)
    before = family.get("capped")["MEMORY"]
    result = family.exec("capped", "t = {} for i = 1, 1 << 40 do t[i] = ('x'):rep(1000) .. i end")
    ok("the cap is enforced", result["STATUS"] == 7 and b"not enough memory" in result["MESSAGE"] and result["ERRNO"] == 12, result)
    held = family.get("capped")["MEMORY"]
    ok("never more than it", before < held <= 1 << 20, before, held)
    equal("a bystander has its own", family.exec("wide", "return 1")["VALUES"] if family.create("wide") is None else 0, [b"1"])
    family.exec("capped", "t = nil collectgarbage()")
    freed = family.get("capped")["MEMORY"]
    ok("what is freed is given back", freed < before + 100000, before, held, freed)
    equal("and it goes on", family.exec("capped", "return 6 * 7")["VALUES"], [b"42"])
    result = family.exec("capped", "return ('x'):rep(600000)")
    ok("results count against the cap", result["STATUS"] == 7 and b"not enough memory" in result["MESSAGE"], result["STATUS"], result["MESSAGE"])
    result = family.exec("capped", "for i = 1, 20000 do print(('x'):rep(100)) end return 'done'")
    ok("so does output, which is lost then", result["STATUS"] in (0, 7) and len(result["OUTPUT"]) <= 1 << 20, result["STATUS"],
       len(result["OUTPUT"]), result.get("LOST"))
    result = family.exec("capped", "require('data') d = {} for i = 1, 1 << 40 do d[i] = require('data').new(10000) end")
    ok("objects count too", result["STATUS"] in (1, 7) and re.search(b"ENOMEM|not enough memory", result["MESSAGE"]), result)
    ok("with them it is within the cap", family.get("capped")["MEMORY"] <= 1 << 20, family.get("capped"))
    equal("close", (family.close("capped"), family.close("wide")), (0, 0))


def code_of_any_size(family):
    family.create("big")
    for size in (1, 29999, 30000, 30001, 60000, 1000000, 5000000):
        code = "return #[[" + "x" * size + "]]"
        equal(f"code of {len(code)} bytes", family.exec("big", code)["VALUES"], [str(size).encode()])
    def piece(offset, code):
        return family.ask(COMMANDS["CODE"], attribute("OFFSET", offset) + attribute("CODE", code))
    refused("a piece without what comes before", "EINVAL", "missing, or came twice", piece, 5, "x")
    piece(0, "return ")
    refused("a piece twice", "EINVAL", "missing, or came twice", piece, 3, "x")
    piece(7, "1 + ")
    flags = REQUEST | DUMP if family.dump else REQUEST | ACK
    equal("pieces and a rest", (family.send(COMMANDS["EXEC"], attribute("NAME", "big") + attribute("OFFSET", 11) + attribute("CODE", "2"),
                                            flags), family.result())[1]["VALUES"], [b"3"])
    def with_pieces():
        family.send(COMMANDS["EXEC"], attribute("NAME", "big") + attribute("OFFSET", 11) + attribute("CODE", "2"), flags)
        return family.result()
    refused("they serve once", "EINVAL", "missing", with_pieces)
    piece(0, "error(")
    piece(0, "return 8 ")
    equal("offset 0 begins anew", (family.send(COMMANDS["EXEC"], attribute("NAME", "big") + attribute("OFFSET", 9), flags),
                                   family.result())[1]["VALUES"], [b"8"])
    with Family() as other:
        other.ask(COMMANDS["CODE"], attribute("OFFSET", 0) + attribute("CODE", "return 'other'"))
        refused("another socket's pieces are its own", "EINVAL", "missing", lambda: (family.send(
            COMMANDS["EXEC"], attribute("NAME", "big") + attribute("OFFSET", 14), flags), family.result()))
    offset = 0
    try:
        while offset <= 16 << 20:
            piece(offset, b" " * 60000)
            offset += 60000
        ok("more than 16 MiB of code", False)
    except Refused as error:
        ok("more than 16 MiB of code", error.name == "EFBIG" and offset > (16 << 20) - 60001, error, offset)
    family.close("big")


clients_dump = False


def client(code, name="looped", before=""):
    """A process that runs code in a state and says how that ended."""
    program = f"""
import sys
sys.path.insert(0, {os.path.dirname(os.path.realpath(__file__))!r})
from genl import Family
{before}
family = Family(600, {clients_dump})
print("ready", flush=True)
print(family.exec({name!r}, {code!r}), flush=True)
"""
    process = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    process.stdout.readline()
    return process


def runs(family, name="looped"):
    return within(10, lambda: "INUSE" in family.get(name))


def endings(family):
    family.create("looped")
    process = client("while true do end")
    ok("code that loops", runs(family))
    equal("meanwhile others are served", family.exec("other", "return 1")["VALUES"] if family.create("other") is None else 0, [b"1"])
    process.kill()
    ok("ends with its client", within(5, lambda: "INUSE" not in family.get("looped")) and process.wait(10 * SLOW) == -signal.SIGKILL)
    equal("the state goes on", family.exec("looped", "return 2")["VALUES"], [b"2"])
    process = client("pcall(function() while true do end end) while true do pcall(error) end")
    runs(family)
    process.send_signal(signal.SIGTERM)
    ok("SIGTERM ends it too, whatever pcall says", within(5, lambda: "INUSE" not in family.get("looped")) and
       process.wait(10 * SLOW) == -signal.SIGTERM)
    for number in (signal.SIGQUIT, signal.SIGABRT, signal.SIGSEGV):
        process = client("while true do pcall(error) end")
        runs(family)
        process.send_signal(number)
        ok(f"{number.name}, with a core, as well", within(5, lambda: "INUSE" not in family.get("looped")) and
           process.wait(10 * SLOW) == -number)
    process = client("linux = require('linux') linux.schedule(1000000)")
    runs(family)
    process.kill()
    ok("sleeping code ends as well", within(5, lambda: "INUSE" not in family.get("looped")))
    process.wait()
    process = client("while true do end")
    runs(family)
    begin = time.monotonic()
    equal("close ends what runs in it", family.close("looped"), 0)
    ok("soon", time.monotonic() - begin < 3 * SLOW, time.monotonic() - begin)
    out, _ = process.communicate(timeout=10 * SLOW)
    ok("and the client is told", f"'STATUS': {STOPPED_BY}" in out, out)
    # A timer of the kernel's ends code too, and nothing but what it was meant for.
    family.create("looped")
    for code in ("print(1) while true do pcall(error) end", "print(1) require('linux').schedule(1000000)"):
        begin = time.monotonic()
        result = family.exec("looped", code, timeout=200)
        ok("a timeout", (result["STATUS"], result["ERRNO"], result["MESSAGE"], result["OUTPUT"]) == (TIMED_OUT, 110, b"timed out", b"1\n") and
           0.2 <= time.monotonic() - begin < 3 * SLOW, result, time.monotonic() - begin)
    like("is in the log as one", sh("lunatik log looped").stdout, r"looped: timed out\n.*looped: 1\n.*looped: timed out\n$")
    process = client("while true do end")
    runs(family)
    result = family.exec("looped", "ran = true", timeout=200)
    equal("a timeout while another runs", (result["STATUS"], result["MESSAGE"]), (TIMED_OUT, b"timed out"))
    process.kill()
    process.wait()
    outcomes = [[family.exec("looped", code, timeout)["STATUS"] for code, timeout in (("for i = 1, 30000 do end", turn % 5 + 1), ("return 1", None))]
                for turn in range(60)]
    ok("one that is over ends nothing else", all(first in (0, TIMED_OUT) and second == 0 for first, second in outcomes), outcomes)
    equal("what timed out waiting did not run", family.exec("looped", "return ran", timeout=0)["VALUES"], [b"nil"])
    equal("a timeout beyond all time", family.exec("looped", "return 1", timeout=1 << 62)["VALUES"], [b"1"])
    family.close("looped")
    # Several wait for the same state.
    family.create("looped")
    processes = [client("local linux = require('linux') linux.schedule(300) n = (n or 0) + 1 return n") for _ in range(4)]
    numbers = sorted(re.search(r"\[b'(\d+)'\]", process.communicate(timeout=30 * SLOW)[0])[1] for process in processes)
    equal("clients of one state take turns", numbers, ["1", "2", "3", "4"])
    process = client("while true do end")
    runs(family)
    waiter = client("return 1")
    time.sleep(0.3)
    waiter.kill()
    equal("one that waits can be killed", waiter.wait(10 * SLOW), -signal.SIGKILL)
    family.close("looped")
    process.communicate(timeout=10 * SLOW)
    family.close("other")
    # A client that asks and goes away before it has taken anything.
    family.create("looped")
    for _ in range(20):
        with Family(dump=True) as other:
            other.send_exec("looped", "ran = true")
    equal("code of a client that takes no answer does not run", family.exec("looped", "return ran")["VALUES"], [b"nil"])
    with Family() as other:
        other.send(COMMANDS["CLOSE"], attribute("NAME", "looped"), REQUEST | DUMP)
    ok("a close is done nevertheless", within(5, lambda: runtime_state("looped") is None))
    with Family(dump=True) as other:
        family.create("looped")
        other.send_exec("looped", "return 1")
        refused("two dumps at once on one socket", "EBUSY", "", lambda: (other.send_exec("looped", "return 2"), other.answer()))
    family.close("looped")
    # From inside: a script that opens a socket of the family is in no other place than any client.
    equal("nothing is left", family.names(), [])


def consistency(family):
    """A list that others change meanwhile says so."""
    def flags(change):
        family.send(COMMANDS["GET"], flags=REQUEST | DUMP)
        change()
        found = []
        while not found or found[-1][0] != DONE:
            found += [(kind, bool(flag & INTERRUPTED)) for kind, flag, sequence, _ in family.receive() if sequence == family.sequence]
        return found
    # The first message is made when it is asked for, the second, which has the rest, when the first is received.
    with Family() as other:
        for number in range(400):
            family.create(f"s{number}")
        family.names()
        found = flags(lambda: None)
        ok("a list of many", len(found) == 401 and not any(flag for _, flag in found), len(found))
        found = flags(lambda: other.create("new"))
        ok("to which one is added meanwhile", not found[0][1] and any(flag for _, flag in found), len(found))
        for number in range(400):
            family.close(f"s{number}")
        found = flags(lambda: other.close("new"))
        equal("which loses one when all was said", found, [(found[0][0], False), (DONE, True)])


def numbers(family):
    """Inode numbers of namespaces come again: what the log knows of the one before is not the next one's."""
    sh("ip netns add l1")
    number = os.stat("/run/netns/l1").st_ino
    with inside("/run/netns/l1"):
        with Family() as there:
            there.create("says")
            there.exec("says", "print('a secret')")
    like("a line in the log of a namespace", sh("ip netns exec l1 lunatik log").stdout, "a secret")
    sh("ip netns del l1")
    def again():
        sh("ip netns add l2")
        if os.stat("/run/netns/l2").st_ino == number:
            return True
        sh("ip netns del l2")
        return False
    ok("its number comes again", within(20, again))
    equal("its log does not", sh("ip netns exec l2 lunatik log").stdout, "")
    sh("ip netns del l2")


def namespaces(family):
    for name in ("n1", "n2"):
        sh(f"ip netns add {name}")
    families = []
    for name in ("n1", "n2"):
        with inside(f"/run/netns/{name}"):
            families.append(Family())
    first, second = families
    first.create("same")
    second.create("same")
    family.create("same")
    for number, one in enumerate((first, second, family)):
        one.exec("same", f"who = {number}")
    equal("one name in three namespaces", [one.exec("same", "return who")["VALUES"] for one in (first, second, family)], [[b"0"], [b"1"], [b"2"]])
    first.create("alone")
    equal("nobody else sees it", [one.names() for one in (first, second, family)], [[b"alone", b"same"], [b"same"], [b"same"]])
    refused("or closes it", "ENOENT", "no state", second.close, "alone")
    first.close("same")
    equal("close is for one namespace", [one.names() for one in (first, second, family)], [[b"alone"], [b"same"], [b"same"]])
    ok("lunatik list shows a namespace's own", "alone" in sh("ip netns exec n1 lunatik list").stdout and runtime_state("alone") is None)

    # Every command by several clients at once, in both.
    problems = []
    def busy(place, number):
        with inside(f"/run/netns/{place}"):
            mine = Family(120 * SLOW)
        try:
            for turn in range(8):
                name = f"c{number % 3}"
                try:
                    mine.create(name)
                except Refused as error:
                    if error.name != "EEXIST":
                        problems.append((place, number, "create", str(error)))
                try:
                    got = mine.exec(name, f"place = place or '{place}' return place")
                    if got["STATUS"] == 0 and got["VALUES"] != [place.encode()]:
                        problems.append((place, number, got))
                    if got["STATUS"] not in (0, STOPPED_BY):
                        problems.append((place, number, got))
                except Refused as error:
                    if error.name != "ENOENT":
                        problems.append((place, number, "exec", str(error)))
                strange = [state["NAME"] for state in mine.list() if state["NAME"] not in (b"c0", b"c1", b"c2", b"same", b"alone")]
                if strange:
                    problems.append((place, number, strange))
                if turn % 3 == number % 3:
                    try:
                        mine.close(name)
                    except Refused as error:
                        if error.name != "ENOENT":
                            problems.append((place, number, "close", str(error)))
        except Exception as error:  # pylint: disable=broad-except
            problems.append((place, number, repr(error)))
        finally:
            mine.socket.close()
    threads = [threading.Thread(target=busy, args=(place, number)) for place in ("n1", "n2") for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    equal("twelve clients at once in two namespaces", problems, [])

    for one in families:
        one.socket.close()
    families.clear()


def remove_module(name):
    """With those that need it."""
    users = [line.split()[3] for line in open("/proc/modules") if line.split()[0] == name]
    for user in users[0].strip(",-").split(",") if users else ():
        if user:
            remove_module(user)
    if users:
        sh(f"rmmod {name}")


def ends_last(family):
    """A script that ends with its namespace, while the kernel keeps other namespaces waiting."""
    # It has the kernel look at more when a hook goes.
    sh("modprobe nfnetlink_queue")
    remove_module("lunatik_xtable")
    remove_module("x_tables")
    ok("x_tables is not loaded", not os.path.exists("/sys/module/x_tables"))
    # modprobe registers a subsystem of all namespaces, which waits for the one that goes.
    install("requires_last", """
hooks = require("lunatik").runtime("test/hooks_last", "softirq")
last = setmetatable({}, { __gc = function() require("xtable") end })
""")
    # They are there yet when the namespace is not.
    install("hooks_last", """
local nf = require("netfilter")
local function accept() return nf.action.ACCEPT end
nf.register { pf = nf.family.IPV4, hooknum = nf.inet_hooks.LOCAL_IN, priority = 0, hook = accept }
nf.register { pf = nf.family.NETDEV, hooknum = nf.netdev_hooks.INGRESS, priority = 0, dev = "lo", hook = accept }
""")
    sh("ip netns add n5")
    equal("a script whose finalizer has a module loaded", sh("ip netns exec n5 lunatik run test/requires_last").returncode, 0)
    sh("ip netns del n5")
    ok("its namespace goes, and others come", sh("timeout 60 ip netns add n6").returncode == 0)
    sh("ip netns del n6")
    # The namespace waits for 10 s, which may be over only now.
    ok("the module is loaded in the end", within(20, lambda: os.path.exists("/sys/module/lunatik_xtable")))
    # All are asked to end before one is waited for.
    sh("ip netns add n7; ip link add v6 type veth peer name v7 netns n7")
    install("waits", "return function() while true do require('linux').schedule(10) end end")
    equal("twenty threads", sh("for i in $(seq 20); do ip netns exec n7 lunatik spawn test/waits --name w$i || exit 1; done").returncode, 0)
    with faster("end together with their namespace", 4):
        sh("ip netns del n7")
        ok("it goes", within(20, lambda: not os.path.exists("/sys/class/net/v6")))


def namespaces_go(family):
    # A device node shows from outside whether the state that made it is there.
    with inside("/run/netns/n1"):
        with Family() as first:
            first.create("maker")
            result = first.exec("maker", "dev = require('device').new { name = 'of_n1', read = function() return 'x' end }")
            equal("a device made by a state of another namespace", (result["STATUS"], os.path.exists("/dev/of_n1")), (0, True))
    sh("ip netns del n1")
    ok("the namespace goes, and its state with it", within(10, lambda: not os.path.exists("/dev/of_n1")))
    install("loops_alone", "return function() while true do end end")
    like("a thread that loops in a namespace", sh("ip netns exec n2 lunatik spawn test/loops_alone && ip netns exec n2 lunatik list").stdout, "loops_alone")
    ok("it runs", within(5, lambda: "loops_alone" in sh("ps -eo comm").stdout))
    sh("ip netns del n2")
    ok("ends with its namespace", within(10, lambda: "loops_alone" not in sh("ps -eo comm").stdout))
    # A client that is inside keeps the namespace until it is gone.
    sh("ip netns add n3")
    with inside("/run/netns/n3"):
        with Family() as third:
            third.create("looped")
            third.exec("looped", "dev = require('device').new { name = 'of_n3', read = function() return 'x' end }")
        process = client("while true do end")
    time.sleep(0.5)
    sh("ip netns del n3")
    time.sleep(0.5)
    ok("a namespace deleted while its state executes", os.path.exists("/dev/of_n3") and process.poll() is None)
    process.kill()
    process.wait()
    ok("goes when the client does", within(10, lambda: not os.path.exists("/dev/of_n3")))
    # One whose runtime somebody else, elsewhere, is stopping: that is waited for.
    sh("ip netns add n4; ip link add v4 type veth peer name v5 netns n4")
    install("slowly", '''
local linux, shared = require("linux"), require("lunatik")._ENV
last = setmetatable({}, { __gc = function() shared.began = linux.time() linux.schedule(450) shared.ended = linux.time() end })
''')
    install("slow", '''
local lunatik = require("lunatik")
lunatik._ENV.slow = lunatik.runtime("test/slowly", "process")
''')
    family.create("watch")
    def at(key):
        value = family.exec("watch", f"return require('lunatik')._ENV.{key}")["VALUES"][0]
        return int(value) if value.isdigit() else 0
    equal("a runtime that ends slowly", sh("ip netns exec n4 lunatik run test/slow").returncode, 0)
    stopper = subprocess.Popen(["lunatik", "run", "-e", "require('lunatik')._ENV.slow:stop()"])
    ok("is being stopped", within(10, lambda: at("began")))
    sh("ip netns del n4")
    ok("the namespace goes", within(20, lambda: not os.path.exists("/sys/class/net/v4")))
    gone = time.time_ns()
    stopper.wait(20 * SLOW)
    ok("when the runtime has ended", 0 < at("ended") < gone, at("began"), at("ended"), gone)
    family.exec("watch", "local e = require('lunatik')._ENV e.slow, e.began, e.ended = nil, nil, nil")
    family.close("watch")
    # Many, made and deleted at once.
    def cycle(number):
        for turn in range(3):
            sh(f"ip netns add t{number}")
            with inside(f"/run/netns/t{number}"):
                with Family() as there:
                    there.create(f"a{turn}")
                    there.exec(f"a{turn}", "x = {} for i = 1, 1000 do x[i] = {} end")
            sh(f"ip netns del t{number}")
    threads = [threading.Thread(target=cycle, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    equal("namespaces that come and go at once leave the others alone", family.names(), [b"same"])
    family.close("same")


def permission(family):
    program = os.path.dirname(os.path.realpath(__file__))
    def as_other(code, wrapper):
        text = f"""
import sys
sys.path.insert(0, {program!r})
from genl import *
def attempt(function, *arguments):
    try:
        print(function(*arguments))
    except Exception as error:
        print(getattr(error, "name", type(error).__name__), getattr(error, "text", error))
{code}
"""
        return subprocess.run([*wrapper, sys.executable, "-c", text], capture_output=True, text=True, check=False)
    everything = """
family = Family()
attempt(family.create, "mine")
attempt(family.exec, "theirs", "return 1")
attempt(family.close, "theirs")
attempt(family.ask, COMMANDS["CODE"], attribute("OFFSET", 0) + attribute("CODE", "x"))
attempt(family.names)
attempt(family.get, "theirs")
attempt(family.listen)
"""
    family.create("theirs")
    result = as_other(everything, ["setpriv", "--reuid", "65534", "--clear-groups"])
    lines = result.stdout.splitlines()
    ok("a user may do nothing", len(lines) == 7 and all("EPERM" in line or "PermissionError" in line for line in lines), result)
    result = as_other(everything, ["unshare", "-Urn"])
    lines = result.stdout.splitlines()
    ok("root of a container may not run code", len(lines) == 7 and all(
        line.startswith("EPERM scripts run with the kernel's rights: CAP_SYS_ADMIN") or (WORDLESS and line == "EPERM ") for line in lines[:4]), result)
    ok("but may see what its namespace has, which is nothing", lines[4:6] == ["[]", "ENOENT there is no state of that name"], lines)
    result = as_other(everything, ["setpriv", "--bounding-set", "-sys_admin", "--inh-caps", "-sys_admin"])
    ok("nor root without the capability", result.stdout.count("EPERM " if WORDLESS else "EPERM scripts run") == 4 and "[b'theirs']" in result.stdout, result)
    # What scripts of a namespace say is not for its own root.
    listener = subprocess.Popen(["unshare", "-Urn", sys.executable, "-c", f"""
import sys, os, time
sys.path.insert(0, {program!r})
from genl import *
family = Family(4)
family.listen()
print(os.getpid(), flush=True)
try:
    print(family.events())
except TimeoutError:
    print("nothing")
"""], stdout=subprocess.PIPE, text=True)
    pid = listener.stdout.readline().strip()
    with inside(f"/proc/{pid}/ns/net"):
        with Family() as own, Family(10 * SLOW) as heard:
            heard.listen()
            own.create("inner")
            own.exec("inner", "print('secret')")
            if KERNEL >= (6, 6):
                ok("root outside hears a container's events", heard.events()[0]["NAME"] == b"inner")
            else:
                print("# this kernel cannot keep events from some listeners: a container's namespace has none")
            own.close("inner")
    equal("root inside does not", listener.communicate(timeout=30 * SLOW)[0], "nothing\n")
    family.close("theirs")


def events(family):
    # What was before is told first.
    time.sleep(0.5)
    heard = Family(10 * SLOW)
    heard.listen()
    def collect(last):
        found = []
        while not found or found[-1]["KIND"] not in last:
            found += heard.events()
        return [(event["KIND"], event["MESSAGE"]) for event in found]
    family.create("told")
    family.exec("told", "print('a line', 1) error('bad')")
    family.close("told")
    equal("started, a line, an error, stopped", collect((3, 4)), [(2, b"started"), (0, b"a line\t1"), (1, b"exec:1: bad"), (3, b"stopped")])
    family.create("told")
    process = client("while true do end", "told")
    runs(family, "told")
    family.close("told")
    process.wait(10 * SLOW)
    equal("killed, and why", collect((3, 4))[-1], (4, b"stopped while its script ran"))
    lunatik("run", "-e", "print('by run')", "--name", "runner")
    stop("runner")
    equal("of lunatik run too", collect((3,)), [(0, b"by run"), (2, b"started"), (3, b"stopped")])
    sh("ip netns add e1")
    with inside("/run/netns/e1"):
        with Family() as there, Family(10 * SLOW) as elsewhere:
            elsewhere.listen()
            there.create("unheard")
            ok("events stay in their namespace", elsewhere.events()[0]["NAME"] == b"unheard")
            there.close("unheard")
    sh("ip netns del e1")
    family.create("told")
    ok("and reach no other", heard.events()[0]["NAME"] == b"told")
    numbers = []
    family.exec("told", "for i = 1, 200 do print(i) end")
    while len(numbers) < 200:
        numbers += [event["SEQUENCE"] for event in heard.events()]
    ok("in order", numbers == sorted(numbers) and len(set(numbers)) == len(numbers), numbers[:10])
    family.close("told")
    heard.socket.close()


def available():
    fields = dict(re.findall(r"(\w+): +(\d+) kB", open("/proc/meminfo", encoding="ascii").read()))
    return int(fields["MemAvailable"]) / 1024


def median(times):
    return sorted(times)[len(times) // 2]


def in_batches(function, count):
    """Calls function(0) to function(count - 1); returns the median time of a call in the first quarter and in the last."""
    times = []
    for first in range(0, count, 25):
        begin = time.monotonic()
        for number in range(first, min(first + 25, count)):
            function(number)
        times.append((time.monotonic() - begin) / 25)
    quarter = len(times) // 4
    print(f"# {sum(times) * 25:.1f} s; a call {median(times[:quarter]) * 1e6:.0f} us in the first quarter, "
          f"{median(times[-quarter:]) * 1e6:.0f} us in the last")
    return median(times[:quarter]), median(times[-quarter:])


# Other guests run beside this one: what grows with the number of states would be a hundred times as much.
def many(family):
    count = 10000 if not DEBUG else 400
    # Allocators keep some of what they once had: a round before shows how much.
    for number in range(count // 4):
        family.create(f"s{number}")
    for number in range(count // 4):
        family.close(f"s{number}")
    time.sleep(1)
    before = available()
    first, last = in_batches(lambda number: family.create(f"s{number}"), count)
    ok(f"{count} states; the last ones cost what the first did", last < 4 * first, first, last)
    equal("all are listed", len(set(family.names())), count)
    equal("and each can be used", [family.exec(f"s{number}", f"return {number}")["VALUES"] for number in (0, count // 2, count - 1)],
          [[b"0"], [str(count // 2).encode()], [str(count - 1).encode()]])
    print(f"# {(before - available()) * 1024 / count:.1f} KiB each")
    first, last = in_batches(lambda number: family.close(f"s{number}"), count)
    ok("closing costs the same from the first to the last", first < 4 * last, first, last)
    equal("none is left", family.names(), [])
    after = available()
    # As often again: what were a leak would be there twice.
    for number in range(count):
        family.create(f"s{number}")
    for number in range(count):
        family.close(f"s{number}")
    within(10, lambda: after - available() < count / 1000)
    ok("nor is their memory: less than a KiB for each of a second round", after - available() < count / 1000, before, after, available())


def hostile(family):
    """Messages no client would send. What is wrong is refused, and nothing else happens."""
    random.seed(20)
    family.create("target")
    kinds = [kind for kind in ATTRIBUTES if kind not in ("UNSPEC", "PAD")]
    plain = {"NAME": attribute("NAME", "target"), "MAXALLOC": attribute("MAXALLOC", 1 << 20), "CODE": attribute("CODE", "return 1"),
             "OFFSET": attribute("OFFSET", 0)}
    answers = {}
    def attempt(command, payload, flags=REQUEST | ACK, size=None, version=1):
        family.send(command, payload, flags, version, size)
        try:
            family.socket.settimeout(5 * SLOW)
            family.answer()
            outcome = "done"
        except Refused as error:
            outcome = error.name
        except TimeoutError:
            outcome = "silent"
        answers[outcome] = answers.get(outcome, 0) + 1
        return outcome
    def drain():
        # A message whose length lies may have no answer, or several.
        family.socket.setblocking(False)
        try:
            while family.receive():
                pass
        except (BlockingIOError, OSError):
            pass
        family.socket.settimeout(60 * SLOW)
    good = True
    for command in range(0, 12):
        for flags in (REQUEST | ACK, REQUEST | ACK | DUMP):
            attempt(command, b"", flags)
            for kind in kinds + [0, 27, 60, 200, 16000]:
                value = plain.get(kind, attribute(kind, b"12345678"))
                number = ATTRIBUTES[kind] if isinstance(kind, str) else kind
                for payload in (value,                                        # alone
                                value + value,                                # doubled
                                plain["NAME"] + value,                        # with a name
                                plain["NAME"] + value + plain["CODE"] + value,
                                value[:-1], value[:5], value[:3],             # truncated
                                struct.pack("=HH", 3, number),                # a length below its head's
                                struct.pack("=HH", 0, number) + b"x" * 8,
                                struct.pack("=HH", 0xffff, number) + b"x" * 64,  # beyond the message
                                struct.pack("=HH", 4, number),                # empty
                                attribute(number | 0x8000, b"x" * 8),         # nested
                                attribute(number, b"x" * (3000 if number != 1 else 300))):  # oversized
                    if command == COMMANDS["EXEC"] and flags & DUMP and number == ATTRIBUTES["CODE"]:
                        payload = payload.replace(b"xxx", b"-- ")
                    attempt(command, payload, flags)
                    if command == COMMANDS["CLOSE"] and b"target" not in family.names():
                        family.create("target")
    drain()
    for _ in range(300 if DEBUG else 2000):
        payload = b"".join(random.choice((plain[random.choice(list(plain))], attribute(random.randrange(30), random.randbytes(random.randrange(40)))))
                           for _ in range(random.randrange(5)))
        payload = bytearray(payload)
        for _ in range(random.randrange(4)):
            if payload:
                payload[random.randrange(len(payload))] = random.randrange(256)
        family.send(random.randrange(8), bytes(payload), random.choice((REQUEST, REQUEST | ACK, REQUEST | DUMP, 0xffff, 0)),
                    random.randrange(3), random.choice((None, None, 16, 20, 24, len(payload) + 10)))
        drain()
    print(f"# answers: {answers}")
    for name in family.names():
        family.close(name)
    family.create("after")
    good = family.exec("after", "return 'well'")["VALUES"] == [b"well"]
    ok("after all of it the family serves as before", good and answers.get("silent", 0) == 0, answers)
    ok("both outcomes were seen", answers.get("done") and answers.get("EINVAL") and answers.get("ERANGE"), answers)
    family.close("after")


def repeated(family):
    """The same code again and again, which is compiled once: nobody can tell, but by what it costs."""
    family.create("again")
    def again(code, times=5):
        return [family.exec("again", code)["VALUES"] for _ in range(times)]
    equal("what a state keeps", again("n = (n or 0) + 1 return n"), [[b"%d" % n] for n in range(1, 6)])
    equal("_ENV is each run's own", again("local old = _ENV _ENV = { n = 1 } return old.n, n"), [[b"5", b"1"]] * 5)
    equal("so are functions", again("fs = fs or {} fs[#fs + 1] = debug.getinfo(1, 'f').func return fs[#fs] ~= fs[#fs - 1]"), [[b"true"]] * 5)
    equal("and what is done to the one before", again("local f = debug.getinfo(1, 'f').func local mine = last == nil or "
                                                      "select(2, debug.getupvalue(f, 1)) == _G if last then debug.setupvalue(last, 1, {}) end "
                                                      "last = f return mine"), [[b"true"]] * 5)
    equal("zeros in code", [family.exec("again", f"return 'a\0{c}'")["VALUES"] for c in "bbbcccbc"], [[b"a\0%c" % c] for c in b"bbbcccbc"])
    failed = [family.exec("again", "local t = {\n}\nreturn t.x.y") for _ in range(5)]
    ok("errors say the same", failed.count(failed[0]) == 5 and b"exec:3: attempt to index a nil value (field 'x')" in failed[0]["MESSAGE"], failed)
    failed = [family.exec("again", "return )") for _ in range(3)]
    ok("so does what does not compile", failed.count(failed[0]) == 3 and b"exec:1: unexpected symbol" in failed[0]["MESSAGE"], failed)
    random.seed(5)
    order = [random.randrange(60) for _ in range(400 if DEBUG else 2000)]
    equal("many chunks in turn", [family.exec("again", f"return {n}")["VALUES"] for n in order], [[b"%d" % n] for n in order])
    # What a run leaves behind while nothing is collected: the compiler's work, or only the new function.
    family.exec("again", "collectgarbage() collectgarbage('stop')")
    def left(codes):
        before = family.get("again")["MEMORY"]
        for code in codes:
            family.exec("again", code)
        return family.get("again")["MEMORY"] - before
    long = " ".join(f"local v{n} = {{ {n} }}" for n in range(100)) + " return v1[1] --"
    left([long] * 2)
    same, other = left([long] * 50), left([f"{long} {n}" for n in range(50)])
    # Each run makes its hundred tables of 72 bytes.
    ok("code that comes again is not compiled again", other - same > 50 * 2000, same, other)
    turns = [f"{long} {n}" for n in range(100, 116)]
    left(turns * 2)
    many = left(turns * 4)
    ok("nor are sixteen that take turns", other * 64 // 50 - many > 64 * 2000, many, other)
    most = "--" + "x" * 4094
    left([most, most, most + "x"])
    ok("up to a size", left([most] * 20) < 40000 and left([most + "x"] * 20) < 200000)
    family.exec("again", "collectgarbage('restart') collectgarbage()")
    start = family.get("again")["MEMORY"]
    left([f"{long} {n // 3}" for n in range(300)])
    family.exec("again", "collectgarbage()")
    ok("and is garbage like any other", family.get("again")["MEMORY"] - start < 20000, start, family.get("again"))
    family.close("again")
    family.create("short", 1 << 20)
    full = "t = {} for i = 1, 1 << 40 do t[i] = ('x'):rep(100) .. i end " + "-" * 3000
    results = [(family.exec("short", full)["STATUS"], family.exec("short", "return 'small'")) for _ in range(6)]
    ok("a state whose cap is reached each time", all(status == 7 for status, _ in results) and
       all(result["STATUS"] in (0, 7) for _, result in results) and family.get("short")["MEMORY"] <= 1 << 20, results)
    family.exec("short", "t = nil collectgarbage()")
    equal("goes on after that", family.exec("short", "return 'small'")["VALUES"], [b"small"])
    family.close("short")


def requests(family):
    """EXEC that is no dump: where it runs, and how its answer comes."""
    family.create("asked")
    def raw(code, flags=REQUEST):
        family.send(COMMANDS["EXEC"], attribute("NAME", "asked") + attribute("CODE", code), flags)
        return family.receive()
    message = raw("return 1")
    equal("the answer is one message", [(kind, attributes(body[4:])) for kind, _, _, body in message],
          [(family.id, [("VALUE", b"1"), ("STATUS", bytes(4))])])
    raw("return 2", REQUEST | ACK)
    equal("the acknowledgement comes after it", [(kind, body[:4]) for kind, _, _, body in family.receive()], [(2, bytes(4))])
    sizes = set()
    for size in (*range(3400, 3620), 1, 0, 100000):
        (_, _, _, body), = raw(f"return ('x'):rep({size})")
        found = attributes(body[4:])
        rest = found == [("REST", struct.pack("=I", family.sequence))]
        if rest:
            found = [pair for answer in family.rest(family.sequence) for pair in answer]
        value = b"".join(data for key, data in found if key == "VALUE")
        sizes.add((16 + len(body) <= 3584, rest, rest or size <= 3550, value == b"x" * size, found[-1] == ("STATUS", bytes(4))))
    equal("answers of each size near the limit", sizes, {(True, False, True, True, True), (True, True, True, True, True)})
    refused("there is no rest then", "EINVAL", "no rest", lambda: family.rest(family.sequence - 1))
    before = family.get("asked")["MEMORY"]
    with Family() as other:
        other.send(COMMANDS["EXEC"], attribute("NAME", "asked") + attribute("CODE", "return 1, ('y'):rep(200000)"), REQUEST)
        first = other.sequence
        equal("another socket", attributes(other.receive()[0][3][4:]), [("REST", struct.pack("=I", first))])
        ok("a rest counts as the state's", family.get("asked")["MEMORY"] - before > 200000, before, family.get("asked"))
        refused("and is its socket's", "EINVAL", "no rest", lambda: family.rest(first))
        other.send(COMMANDS["EXEC"], attribute("NAME", "asked") + attribute("CODE", "return 2, ('z'):rep(200000)"), REQUEST)
        later = other.sequence
        other.receive()
        other.exec("asked", "collectgarbage()")
        refused("a later one is there instead", "EINVAL", "no rest", lambda: other.rest(first))
        equal("under its own number", other.rest(later)[0][0], ("VALUE", b"2"))
        refused("once", "EINVAL", "no rest", lambda: other.rest(later))
        other.send(COMMANDS["EXEC"], attribute("NAME", "asked") + attribute("CODE", "return ('z'):rep(200000)"), REQUEST)
    ok("it goes with its socket", within(5, lambda: family.exec("asked", "collectgarbage()") and
                                         family.get("asked")["MEMORY"] - before < 50000), before, family.get("asked"))
    def batch(*messages):
        data = b""
        for command, payload, flags in messages:
            family.sequence += 1
            data += struct.pack("=IHHIIBBH", 20 + len(payload), family.id, flags, family.sequence, 0, command, 1, 0) + payload
        family.socket.sendto(data, (0, 0))
    run = (COMMANDS["EXEC"], attribute("NAME", "asked") + attribute("CODE", "ran = (ran or 0) + 1"), REQUEST | ACK)
    get = (COMMANDS["GET"], attribute("NAME", "asked"), REQUEST)
    batch(run, get)
    code = struct.unpack_from("=i", family.receive()[0][3])[0]
    equal("it must be the last of what is sent at once", (code, len(family.receive())), (-22, 1))
    batch(get, run)
    equal("and may be that", [family.receive()[0][0] for _ in range(3)], [family.id, family.id, 2])
    held = (COMMANDS["EXEC"], attribute("NAME", "asked") + attribute("CODE", "dumped = true"), REQUEST | DUMP)
    batch(held, run)
    found = []
    while not any(kind == DONE for kind, *_ in found):
        found += family.receive()
    codes = [struct.unpack_from("=i", body)[0] for kind, _, _, body in found if kind == ERROR]
    equal("not with a dump before it", codes, [-22])
    equal("it ran once", family.exec("asked", "return ran")["VALUES"], [b"1"])
    # Who does not take its answers is refused, and what was refused did not run.
    with Family() as flood:
        def drained():
            found, errors = [], 0
            flood.socket.settimeout(0.2)
            while True:
                try:
                    found += flood.receive()
                except TimeoutError:
                    return found, errors
                except OSError as error:
                    if error.errno != errno.ENOBUFS:
                        raise
                    errors += 1
        def values(found):
            return [int(dict(attributes(body[4:]))["VALUE"]) for kind, _, _, body in found if kind == flood.id]
        def more():
            flood.send(COMMANDS["EXEC"], attribute("NAME", "asked") + attribute("CODE", "flooded = (flooded or 0) + 1 return flooded"), REQUEST)
        for _ in range(1500):
            more()
        lost = 0
        try:
            flood.receive()
        except OSError as error:
            lost = error.errno
        equal("a socket that is full is told", lost, errno.ENOBUFS)
        ran = int(family.exec("asked", "return flooded")["VALUES"][0])
        # Room again, but what has lost messages takes none until all is read.
        taken = [message for _ in range(ran // 2) for message in flood.receive()]
        more()
        kept = flood.sequence
        found, errors = drained()
        equal("each answer of what ran is there", values(taken + found), list(range(1, ran + 1)))
        refusals = {struct.unpack_from("=i", body)[0] for kind, _, _, body in found if kind == ERROR}
        ok("what was refused says so", ran < 1500 and refusals == {-errno.ENOBUFS}, ran, refusals)
        equal("an answer that was not taken is told of", errors, 1)
        flood.socket.settimeout(60 * SLOW)
        equal("and kept", flood.rest(kept)[0][0], ("VALUE", str(ran + 1).encode()))
        equal("it goes on", flood.exec("asked", "return flooded")["VALUES"], [str(ran + 1).encode()])
    # OFFSET 0 says that code came before, which there is not.
    for sent in ((), ((0, b""),), ((0, b"return 1"),)):
        for offset, code in sent:
            family.ask(COMMANDS["CODE"], attribute("OFFSET", offset) + attribute("CODE", code))
        refused(f"an EXEC with OFFSET 0 after {len(sent)} pieces", "EINVAL", "a piece of code is missing", lambda: family.ask(
            COMMANDS["EXEC"], attribute("NAME", "asked") + attribute("OFFSET", 0) + attribute("CODE", "return 1")))
    # A family comes and goes meanwhile, which generic netlink's lock would keep from it.
    process = client("while true do end", "asked")
    runs(family, "asked")
    known = [module for module in ("team", "macsec", "l2tp_netlink", "wireguard", "fou") if not sh(f"modinfo {module}").returncode]
    if known:
        begin = time.monotonic()
        done = subprocess.run(["timeout", str(20 * SLOW), "sh", "-c", f"modprobe {known[0]} && modprobe -r {known[0]}"], check=False, capture_output=True)
        ok("it runs below no lock of generic netlink", done.returncode == 0 and "INUSE" in family.get("asked"), done, time.monotonic() - begin)
    else:
        # The debug kernel.
        ok("this kernel has no module with such a family # SKIP", True)
    process.kill()
    process.wait()
    ok("and ends with its client", within(5, lambda: "INUSE" not in family.get("asked")))
    # Several threads of one socket.
    with Family(60 * SLOW) as shared:
        threads = [threading.Thread(target=lambda: [shared.socket.sendto(
            struct.pack("=IHHIIBBH", 20 + len(run[1]), shared.id, REQUEST, 7, 0, *run[:1], 1, 0) + run[1], (0, 0)) for _ in range(20)])
                   for _ in range(5)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        equal("threads that share a socket", sum(len(shared.receive()) for _ in range(100)), 100)
    equal("all ran", family.exec("asked", "return ran")["VALUES"], [b"101"])
    family.close("asked")


def unload(family):
    for dump, code in ((True, "return 1"), (False, "return ('x'):rep(5000)")):
        # An unload that is refused has ended the states.
        family.create(f"stays{dump}")
        reader = Family(dump=dump)
        reader.send_exec(f"stays{dump}", code)
        result = lunatik("unload")
        ok("unload is refused while a client has not taken its answer", result.returncode != 0 and "use" in result.stderr, result)
        reader.socket.close()
    family.socket.close()
    ok("and done after that", within(10, lambda: lunatik("unload").returncode == 0))
    equal("load", lunatik("load").returncode, 0)
    with Family() as again:
        equal("the states are gone", again.names(), [])


def dumped(part):
    """A part in which code runs as dumps."""
    def part_dumped(family):
        global clients_dump  # pylint: disable=global-statement
        family.dump = clients_dump = True
        part(family)
        family.dump = clients_dump = False
    part_dumped.__name__ = f"{part.__name__}, dumped"
    return part_dumped


def main(*parts):
    lunatik("load")
    family = Family(120 * SLOW)
    for part in parts:
        begin = time.monotonic()
        part(family)
        print(f"# {part.__name__}: {time.monotonic() - begin:.1f} s", flush=True)
    family.socket.close()
    sys.exit(finish())
