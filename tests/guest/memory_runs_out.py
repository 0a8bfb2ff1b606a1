#!/usr/bin/python3
# SPDX-License-Identifier: MIT OR GPL-2.0-only
# suite: core timeout=600
"""Every allocation of every constructor fails in turn: each attempt ends as an error, and nothing is lost or left.

A request carries the number of the allocation that fails (LUNATIK_ATTRIBUTE_FAULT), and so do all after it. The number
grows until the operation succeeds: then every allocation on its way has failed once.
"""

import os
import struct
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), "lib"))
from ktap import finish, ok

MAGIC, PROTOCOL = 0x4b544e4c, 1
RUN, SPAWN, STOP, LIST, EVAL = 1, 2, 3, 4, 5
DONE = 66
NAME, SOURCE, ARGUMENT, STATUS, MESSAGE, FAULT = 1, 2, 6, 8, 10, 21
LIMIT = 1500


def attribute(kind, value):
    return struct.pack("=II", kind, len(value)) + value + b"\0" * (-len(value) % 4)


class Session:
    def __init__(self):
        self.file = open("/dev/lunatik", "r+b", buffering=0)

    def read(self, size):
        data = b""
        while len(data) < size:
            piece = self.file.read(size - len(data))
            if not piece:
                raise EOFError("the session ended")
            data += piece
        return data

    def ask(self, kind, *attributes):
        payload = b"".join(attribute(*a) for a in attributes)
        self.file.write(struct.pack("=IHHII", MAGIC, PROTOCOL, kind, len(payload), 0) + payload)
        while True:
            _, _, answer, length, _ = struct.unpack("=IHHII", self.read(16))
            body = self.read(length)
            if answer == DONE:
                break
        status, message = None, ""
        while body:
            head, length = struct.unpack("=II", body[:8])
            value = body[8:8 + length]
            body = body[8 + length + -length % 4:]
            if head == STATUS:
                status = struct.unpack("=I", value)[0]
            elif head == MESSAGE:
                message = value.decode(errors="replace")
        return status, message


def live():
    """Names of the runtimes there are."""
    text = subprocess.run(["lunatik", "list"], capture_output=True, text=True).stdout
    return [line.split()[0] for line in text.splitlines()[1:] if not line.startswith("session/")]


def sweep(name, kind, attributes, after=None, setup=""):
    """Fails allocation 1, 2, 3, ... of a request until it succeeds."""
    session = Session()
    if setup:
        status, message = session.ask(EVAL, (SOURCE, setup.encode()))
        if status:
            ok(name, False, f"setup: {message}")
            return
    odd = []
    for nth in range(1, LIMIT):
        status, message = session.ask(kind, *attributes, (FAULT, struct.pack("=Q", nth)))
        if status == 0:
            break
        if not ("not enough memory" in message or "ENOMEM" in message or "cannot" in message or message == ""):
            odd.append(f"{nth}: {status} {message}")
    if after:
        session.ask(*after)
    ok(f"{name} survives the failure of each of its allocations", status == 0 and nth > 1,
       f"{nth} allocations, last: {status} {message}")
    ok(f"{name} says what is missing", not odd, "; ".join(odd[:5]))
    status, message = session.ask(EVAL, (SOURCE, b"return 1"))
    ok(f"the session goes on after {name}", status == 0, message)


subprocess.run(["lunatik", "load"], check=True)
# Modules are loaded first: whether modprobe finds memory is not ours to say.
for module in ("device", "linux", "data"):
    subprocess.run(["modprobe", f"lunatik_{module}"], check=True)

with open("/sys/module/lunatik/parameters/fault_injection", "w") as parameter:
    parameter.write("1")

script = b'local t = {} for i = 1, 20 do t[i] = ("x"):rep(i) .. i end return function() return #t end'
sweep("a runtime", RUN, [(NAME, b"oom"), (SOURCE, script), (ARGUMENT, b"a")], after=(STOP, (NAME, b"oom")))
sweep("a thread", SPAWN, [(NAME, b"oom"), (SOURCE, script)], after=(STOP, (NAME, b"oom")))
sweep("the session's own runtime", EVAL, [(SOURCE, b"return 1, 'two', {}")])

EVALS = {
    "data.new": ("d = require 'data'", "x = d.new(1000) x:setstring(0, ('y'):rep(1000)) return x:getstring(0, 1000)"),
    "device.new": ("d = require 'device'", "x = d.new{name = 'oom', read = function() return '' end} x:stop()"),
    "socket.new": ("s = require 'socket'", "local x <close> = s.new(1, 2) x:bind('\\0' .. ('n'):rep(99)) "
                   "x:send('text', x:getsockname()) return x:receive(4000, 0, true)"),
    "socket:accept": ("s = require 'socket'", "local x <close> = s.new(1, 1) x:bind('') x:listen() local y <close> = s.new(1, 1) "
                      "y:connect(x:getsockname()) local z <close> = x:accept() z:send('text') return y:receive(9)"),
    "lunatik.runtime": ("l = require 'lunatik'", "x = l.runtime('passwd_copy') x:stop()"),
    "runtime:resume": ("l = require 'lunatik'", "local r <close> = l.runtime('echo_back') return r:resume(1, 'two', true, ('x'):rep(500))"),
    "lunatik._ENV": ("e = require 'lunatik'._ENV", "e.oom = ('x'):rep(3000) local s = e.oom e.oom = nil return s"),
    "require of a file": ("", "package.loaded.empty_module = nil return require 'empty_module'"),
    "require of a module": ("", "for _, n in ipairs{'data', 'linux'} do package.loaded[n] = nil require(n) end"),
    "linux": ("l = require 'linux'", "return l.random(1, 10), l.time(), l.hton16(1)"),
    "load": ("", "return load('return ' .. ('{'):rep(20) .. ('}'):rep(20))()"),
    "a coroutine": ("", "return coroutine.wrap(function(...) coroutine.yield(...) end)(1, 2, 3)"),
    "string building": ("", "return ('%s %d'):format(('a'):rep(2000), 5):upper():gsub('A', 'b')"),
    "an error with a table": ("", "return pcall(error, setmetatable({}, {__tostring = function() return ('x'):rep(99) end}))"),
}
files = {
    "passwd_copy": "return require('linux').random(5)",
    "echo_back": "return function(...) while true do coroutine.yield(...) end end",
    "empty_module": "return {}",
}
for name, text in files.items():
    with open(f"/lib/modules/lua/{name}.lua", "w") as file:
        file.write(text)
for name, (setup, code) in EVALS.items():
    sweep(name, EVAL, [(SOURCE, code.encode())], setup=setup)

ok("no runtime is left", live() == [], str(live()))
ok("no device is left", not os.path.exists("/dev/oom"))
status = subprocess.run(["lunatik", "unload"], capture_output=True, text=True)
ok("everything unloads", status.returncode == 0, status.stderr)
sys.exit(finish())
