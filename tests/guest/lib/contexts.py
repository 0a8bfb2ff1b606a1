# SPDX-License-Identifier: MIT OR GPL-2.0-only
"""Runs every script of tests/hostile in a context: the body of a process runtime, a kernel thread, a packet hook (softirq),
the handler of a probe (hardirq).

The text of a script becomes a function that the context calls: what stands before a line `-- hook` is done in the body of
the script, as is making the hook. A script says in its first lines how it must end:

    -- expect: ok | stopped | error: part of the message
    -- expect in softirq hardirq: ...       the same for these contexts
    -- in: process thread                   the only contexts it makes sense in
    -- times: 2                             how often the hook is called

In softirq and hardirq runtimes whatever runs long ends by the time budget or the smaller memory cap, which are therefore right
ends there for each script; and a function that may sleep says so.
"""

import os
import pathlib
import re
import socket
import struct
import time

import frames
from frames import CONTEXTS, SLOW, ask, attribute, frame
from ktap import finish, ok, within

HOSTILE = pathlib.Path(__file__).resolve().parents[2] / "hostile"
# The promise is a second for who stops a script, and 50 ms for a hook; an emulated processor that others share gets three.
LIMIT = 3 * SLOW
# What a script may take that ends by itself, in process context.
PATIENCE = 60 * SLOW
# What ends a script in a softirq or hardirq runtime whatever it does. Deep in a pattern there may be no stack left to say that
# the time is over.
ATOMIC = ("error in error handling", "time budget exceeded", "not enough memory", "ENOMEM", "may sleep and cannot be called", "files cannot be read in a")
# The hook sees packets with this mark alone: nobody else's, and no ping, gets the verdict it declares for failures.
MARK, PORT, SO_MARK = 7007, 7007, 36

# The handlers get what the script may want to abuse as `...`: the packet, or the probe's symbol and the probe.
WRAPPERS = {
    "process": "{body}\nlocal function hostile(...)\n{text}\nend\nhostile(...)\nprint('ended')\n",
    "thread": "{body}\nlocal function hostile(...)\n{text}\nend\nreturn function() hostile() print('ended') end\n",
    "softirq": """local netfilter = require("netfilter")
local hook
{body}
local function hostile(...)
{text}
end
hook = netfilter.register {{ pf = netfilter.family.IPV4, hooknum = netfilter.inet_hooks.LOCAL_IN, priority = 0, fail = "{fail}", mark = {mark},
hook = function(skb)
	hostile(skb)
	print("ended")
	return netfilter.action.ACCEPT
end }}
""",
    "hardirq": """local probe = require("probe")
local hook
{body}
local function hostile(...)
{text}
end
hook = probe.new("__x64_sys_getpriority", {{ pre = function(...)
	hostile(...)
	print("ended")
end }})
""",
}


class Script:
    def __init__(self, path):
        self.path, self.name = path, path.stem
        self.text = path.read_text(errors="surrogateescape")
        head = self.text[:2000]
        where = re.search(r"^-- in: (.*)$", head, re.M)
        self.contexts = where[1].split() if where else ["process", "thread", "softirq", "hardirq"]
        self.expected = re.search(r"^-- expect: (.*)$", head, re.M)[1]
        self.elsewhere = {context: end for words, end in re.findall(r"^-- expect in ([a-z ]+): (.*)$", head, re.M)
                          for context in words.split()}
        times = re.search(r"^-- times: (\d+)$", head, re.M)
        self.times = int(times[1]) if times else 1

    def expect(self, context):
        return self.elsewhere.get(context, self.expected)

    def source(self, context, fail="accept"):
        body, mark, text = self.text.partition("\n-- hook\n")
        if not mark:
            body, text = "", self.text
        return WRAPPERS[context].format(body=body, text=text, mark=MARK, fail=fail).encode(errors="surrogateescape")


def scripts(context):
    found = [Script(path) for path in sorted(HOSTILE.glob("*/*.lua"))]
    return [script for script in found if context in script.contexts]


class Session:
    def __init__(self):
        self.file = os.open(frames.DEVICE, os.O_RDWR)

    def ask(self, kind, *attributes, limit=20):
        frames.send(self.file, frame(kind, b"".join(attribute(*one) for one in attributes)))
        return frames.Answer(self.file, limit=limit)

    def stop(self, name):
        return self.ask(frames.STOP, (frames.NAME, name))

    def log(self, name):
        """[(kind, text)] of what the runtime printed and which errors it made."""
        answer = self.ask(frames.LOG, (frames.NAME, name))
        return [(frames.RECORDS[struct.unpack("=I", item[frames.KIND])[0]], item.get(frames.MESSAGE, b"").decode(errors="replace"))
                for item in answer.items]

    def ended(self, name, before=0):
        """How the script's function ended: "ok", the message of its error, or None if it has not."""
        records = [(kind, text) for kind, text in self.log(name) if kind == "error" or (kind, text) == ("print", "ended")]
        return None if len(records) <= before else "ok" if records[before][0] == "print" else records[before][1]


class Late(str):
    """Trouble that a guest has as well when the machine it runs on does something else for a while: what is the script's own
    comes again on a second try."""


def fits(expected, got, context):
    """Whether an end is one that is promised."""
    if got is None:
        return False
    if context in ("softirq", "hardirq"):
        if any(words in got for words in ATOMIC):
            return True
        if expected == "stopped":
            return False
    if expected == "ok":
        return got == "ok"
    # Each level has put its place in front, and the log has cut the rest.
    if re.match(r"(\S+:\d+: ){8}", got) and len(got) > 200:
        return True
    words = expected.partition("error:")[2].strip()
    return got != "ok" and (words in got or words == "not enough memory" and "ENOMEM" in got)


def stop_trouble(answer, took):
    if answer.trouble:
        return [Late(f"stop: {answer.trouble}")]
    if answer.status == 0 and took <= LIMIT:
        return []
    return [(str if answer.status else Late)(f"stop: status {answer.status} {answer.message} after {took:.2f} s")]


class Hooks:
    """Softirq and hardirq: each script is a hook, which something is sent through."""

    def __init__(self, context, session):
        self.context, self.session = context, session
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.setsockopt(socket.SOL_SOCKET, SO_MARK, MARK)
        self.socket.bind(("127.0.0.1", PORT))
        self.slowest = (0, "")

    def trigger(self, script, fail):
        """Calls the hook; gives trouble as lines."""
        trouble = []
        for n in range(script.times):
            begin = time.monotonic()
            if self.context == "softirq":
                self.socket.sendto(b"packet", ("127.0.0.1", PORT))
            else:
                os.getpriority(os.PRIO_PROCESS, 0)
            within(LIMIT, lambda n=n: self.session.ended(self.name, n) is not None)
            took = time.monotonic() - begin
            self.slowest = max(self.slowest, (took, script.name))
            got = self.session.ended(self.name, n)
            expected = script.expect(self.context)
            if took > LIMIT or not fits(expected, got, self.context):
                kind = Late if got is None or fits(expected, got, self.context) else str
                trouble.append(kind(f"wanted {expected!r}, got {got!r} after {took:.2f} s"))
            if self.context == "softirq":
                trouble += self.verdict(got == "ok" or fail == "accept")
        return trouble

    def verdict(self, passes):
        """A hook that failed has the verdict its script declared."""
        self.socket.settimeout(LIMIT if passes else 0.001)
        try:
            arrived = bool(self.socket.recv(100))
        except (TimeoutError, BlockingIOError):
            arrived = False
        return [] if arrived == passes else [f"the packet {'arrived' if arrived else 'was lost'}"]

    def run(self, number, script):
        self.name = f"{self.context}/{script.name}"
        fail = ("accept", "drop")[number % 2]
        answer = self.session.ask(frames.RUN, (frames.NAME, self.name), (frames.SOURCE, script.source(self.context, fail)),
                                  (frames.CONTEXT, CONTEXTS.index(self.context)))
        if answer.status != 0:
            return [f"it does not load: {answer.trouble} {answer.message}"]
        trouble = self.trigger(script, fail)
        begin = time.monotonic()
        answer = self.session.stop(self.name)
        took = time.monotonic() - begin
        return trouble + stop_trouble(answer, took)


class Threads:
    """Process context: in the body of a script, or in a kernel thread of its own."""

    def __init__(self, context, session):
        self.context, self.session, self.slowest = context, session, (0, "")

    def run(self, number, script):
        name = f"{self.context}/{script.name}"
        expected = script.expect(self.context)
        # What eats memory may have less of it, which takes less time; hostile_memory.py has more, and on the stock kernel all of it.
        cap = [(frames.MAXALLOC, (16 if SLOW == 1 else 4) << 20)] if script.name.startswith("memory-") else []
        answer = self.session.ask(frames.SPAWN, (frames.NAME, name), (frames.SOURCE, script.source("thread")), *cap)
        if answer.status != 0:
            return [f"it does not load: {answer.trouble} {answer.message}"]
        trouble = []
        if expected == "stopped":
            time.sleep(0.05)
            if self.session.ended(name) is not None:
                trouble.append(f"it ended by itself: {self.session.ended(name)}")
        elif not within(PATIENCE / SLOW, lambda: self.session.ended(name) is not None):
            trouble.append(Late("it does not end"))
        elif not fits(expected, self.session.ended(name), self.context):
            trouble.append(f"wanted {expected!r}, got {self.session.ended(name)!r}")
        begin = time.monotonic()
        answer = self.session.stop(name)
        took = time.monotonic() - begin
        self.slowest = max(self.slowest, (took, script.name))
        return trouble + stop_trouble(answer, took)


# Each script on the stock kernel, a part of them on those that are slow or looked at for differences; HOSTILE_EVERY=1: each.
EVERY = int(os.environ.get("HOSTILE_EVERY", "1" if SLOW == 1 and os.uname().release >= "6.12" else "6"))
# Only scripts whose name contains this.
PATTERN = os.environ.get("HOSTILE_PATTERN", "")


def run(*contexts):
    """Every script in these contexts."""
    import ktap
    from heartbeat import heartbeat
    ktap.install("nothing", "return function() end")
    # What hooks need is loaded before, so that the first script does not pay for it.
    session = Session()
    session.ask(frames.EVAL, (frames.SOURCE, "for _, name in ipairs { 'netfilter', 'probe', 'linux', 'data', 'device', 'socket', 'thread',"
                              " 'completion', 'rcu', 'buffer', 'notifier', 'crypto' } do require(name) end"))
    os.system("ip link set lo up")
    # The kernel patches its own code when the first hook comes and when the last one goes, which QEMU may stumble over (tests/vm/README.md).
    # So one hook stays all the while.
    os.system("nft 'add table ip stays; add chain ip stays in { type filter hook input priority 0; }'")
    with heartbeat() as beat:
        for context in contexts:
            runner = (Threads if context in ("process", "thread") else Hooks)(context, session)
            chosen = [script for script in scripts(context) if PATTERN in script.name][::EVERY]
            begin = time.monotonic()
            for number, script in enumerate(chosen):
                trouble = runner.run(number, script)
                if trouble and all(isinstance(line, Late) for line in trouble):
                    print(f"# {context}: {script.name} is tried again: {'; '.join(trouble)}")
                    trouble = runner.run(number, script)
                if (alive := frames.value_of("6 * 7")) != "42":
                    trouble.append(f"another runtime says {alive!r}")
                if beat.silent_for() > 3 * LIMIT:
                    trouble.append(f"no heartbeat for {beat.silent_for():.1f} s")
                ok(f"{context}: {script.name}", not trouble, *trouble)
            print(f"# {context}: {len(chosen)} scripts in {time.monotonic() - begin:.0f} s, the slowest end: {runner.slowest}")
        answers = beat.answers()
        within(20, lambda: len(beat.answers()) > len(answers) + 3)
        trouble = beat.trouble(LIMIT)
        print(f"# {beat.words()}")
        ok("a ping and a healthy script were answered all the while, and are", not trouble and len(beat.answers()) > len(answers),
           *trouble[:20])
    os.system("nft 'delete table ip stays'")
    left = [name for name in frames.runtimes() if name.partition("/")[0] in contexts]
    ok("no runtime is left", not left, left)
    return finish()
