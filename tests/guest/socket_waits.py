#!/usr/bin/python3
# SPDX-License-Identifier: MIT OR GPL-2.0-only
# suite: core timeout=400
"""Calls of sockets that wait: they end by lunatik stop, Ctrl-C, a time limit, signals, and by close from elsewhere."""

import os
import signal
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), "lib"))
from frames import value_of
from ktap import equal, faster, finish, install, like, lunatik, ok, opened, run_script, start, state, stop, within

# The promise is one second; an emulated processor that others share gets three.
LIMIT = 3

# What makes a call wait for ever, in a function `wait`; `held` is the socket that waits.
COMMON = """
    local socket = require("socket")
    local af, sock, sol, so = socket.af, socket.sock, socket.sol, socket.so
    local localhost = 0x7f000001
    local function listener()
        local s = socket.new(af.INET, sock.STREAM)
        s:bind(localhost, 0)
        s:listen()
        return s, select(2, s:getsockname())
    end
"""
WAITS = {
    "accept": "held = listener() function wait() held:accept() end",
    "receive": """
        held = socket.new(af.INET, sock.STREAM)
        silent, port = listener()
        held:connect(localhost, port)
        function wait() held:receive(1) end""",
    "receive_udp": """
        held = socket.new(af.INET, sock.DGRAM)
        held:bind(localhost, 0)
        function wait() held:receive(1, 0, true) end""",
    "receive_packet": """
        held = socket.new(af.PACKET, sock.RAW, 0)
        function wait() held:receive(1) end""",
    "send": """
        held = socket.new(af.INET, sock.STREAM)
        silent, port = listener()
        held:connect(localhost, port)
        text = ("x"):rep(1 << 20)
        function wait() while true do held:send(text) end end""",
    "send_unix": """
        held, silent = socket.new(af.UNIX, sock.DGRAM), socket.new(af.UNIX, sock.DGRAM)
        silent:bind("")
        local name = silent:getsockname()
        function wait() while true do held:send("x", name) end end""",
    "connect": """
        held = socket.new(af.INET, sock.STREAM)
        function wait() held:connect(0x0a090902, 1) end""",
    "connect_unix": """
        silent = socket.new(af.UNIX, sock.STREAM)
        silent:bind("")
        silent:listen(0)
        first, held = socket.new(af.UNIX, sock.STREAM), socket.new(af.UNIX, sock.STREAM)
        local name = silent:getsockname()
        first:connect(name)
        function wait() held:connect(name) end""",
}


def source(name, rest):
    return COMMON + WAITS[name] + "\n" + rest


def ends(what, client, signs, status=130):
    """The client that ran it ends in time, and says why."""
    with faster(f"{what}: in time", LIMIT):
        try:
            err = client.communicate(timeout=30)[1]
        except subprocess.TimeoutExpired:
            client.kill()
            err = "it does not end"
    like(f"{what}: says so", err, signs)
    equal(f"{what}: status", client.returncode, status)
    ok(f"{what}: is gone", within(LIMIT, lambda: state("waits") is None), state("waits"))


def running(what, client=None):
    ok(f"{what} waits", within(5, lambda: state("waits") == "running" or state("waits") == "loading"), state("waits"))
    time.sleep(0.4)
    if client is not None:
        ok(f"{what} waits on", client.poll() is None, client.poll() is not None and client.communicate())


def scripts():
    """In the body of a script that lunatik run waits for; also one that catches every error."""
    for name in WAITS:
        client = start("run", "-", "--name", "waits", source=source(name, "wait()"))
        running(name, client)
        equal(f"{name}: stop", stop("waits"), 0)
        ends(f"{name}: stop", client, "stopped")
        client = start("run", "-", "--name", "waits", source=source(name, "while true do pcall(wait) end"))
        running(name, client)
        client.send_signal(signal.SIGINT)
        ends(f"{name} in pcall: Ctrl-C", client, "interrupted")
    with faster("a time limit", LIMIT + 1):
        result = lunatik("run", "-", "--name", "waits", "--timeout", "1", source=source("accept", "wait()"))
    like("a time limit says so", result.stderr, "interrupted|time")


def threads():
    """In the thread of a spawned script."""
    for name in WAITS:
        install("waits", source(name, "return function() wait() end"))
        result = lunatik("spawn", "test/waits", "--name", "waits")
        equal(f"{name}: spawn", result.returncode, 0)
        running(f"{name} in a thread")
        with faster(f"{name} in a thread: stop", LIMIT):
            equal(f"{name} in a thread: stop succeeds", stop("waits"), 0)
        ok(f"{name} in a thread: is gone", state("waits") is None)
    install("waits", source("accept", """
        local lunatik = require("lunatik")
        return function()
            local accepted, message = pcall(wait)
            lunatik._ENV.said = message
        end"""))
    lunatik("spawn", "test/waits", "--name", "waits")
    running("accept in pcall")
    equal("stop", stop("waits"), 0)
    equal("a thread that is asked to stop is told first", lunatik("run", "-e", "return require('lunatik')._ENV.said").stdout.strip(),
          "EINTR")


def devices():
    """In the callback of a device, which runs in the reader."""
    run_script("waits", source("receive", """
        require("device").new { name = "t_waits", read = function(_, _, offset)
            if offset > 0 then return end
            return tostring(select(2, pcall(wait)))
        end }"""))
    for number in (signal.SIGINT, signal.SIGKILL):
        reader = subprocess.Popen(["cat", "/dev/t_waits"], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        running("a reader")
        with faster(f"{number.name} ends a reader", LIMIT):
            reader.send_signal(number)
            reader.communicate()
        equal(f"{number.name} is what ended it", reader.returncode, -number)
    reader = subprocess.Popen([sys.executable, "-c", """if 1:
        import os, signal
        signal.signal(signal.SIGUSR1, lambda *_: None)
        print(os.read(os.open("/dev/t_waits", os.O_RDONLY), 99))"""], stdout=subprocess.PIPE, text=True)
    running("a reader that handles a signal")
    reader.send_signal(signal.SIGUSR1)
    with faster("a signal ends the wait", LIMIT):
        equal("with EINTR", reader.communicate()[0].strip(), "b'EINTR'")
    reader = subprocess.Popen(["cat", "/dev/t_waits"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    running("a reader")
    with faster("stop ends a reader", LIMIT):
        equal("stop", stop("waits"), 0)
        said = reader.communicate()[1]
    like("with an error", said, "No such device or address|Operation canceled")


def closed_elsewhere():
    """Another runtime closes the socket: EBADF where it waits, and whatever else is done with it goes on meanwhile."""
    for name in WAITS:
        client = start("run", "-", "--name", "waits", source=source(name, """
            require("lunatik")._ENV.held = held
            print(select(2, pcall(wait)))"""))
        within(10, lambda: value_of("require('lunatik')._ENV.held ~= nil") == "true")
        running(name, client)
        with faster(f"{name}: another runtime uses the socket meanwhile", LIMIT):
            result = lunatik("run", "-e", """local held = require("lunatik")._ENV.held
                held:getsockname() held:setsockopt(1, 8, 65536) return held:getsockopt(1, 8)""")
        like(f"{name}: as it likes", result.stdout, "131072")
        with faster(f"{name}: another runtime closes", LIMIT):
            result = lunatik("run", "-e", "local e = require('lunatik')._ENV e.held:close() e.held = nil")
            said = client.communicate(timeout=30)[0]
        equal(f"{name}: without trouble", result.returncode, 0)
        like(f"{name}: EBADF", said, "EBADF")
        stop("waits")


def two_at_once():
    """Two runtimes wait for the same socket; each gets one message."""
    readers = [start("run", "-", "--name", f"reader{i}", source=f"""
        local socket, env = require("socket"), require("lunatik")._ENV
        if {i} == 0 then
            env.held = socket.new(socket.af.INET, socket.sock.DGRAM)
            env.held:bind(0x7f000001, 4455)
        end
        print(env.held:receive(9))""") for i in range(1)]
    within(5, lambda: state("reader0") is not None)
    time.sleep(0.5)
    readers.append(start("run", "-", "--name", "reader1", source="print(require('lunatik')._ENV.held:receive(9))"))
    within(5, lambda: state("reader1") is not None)
    time.sleep(0.5)
    lunatik("run", "-e", """
        local socket = require("socket")
        local s <close> = socket.new(socket.af.INET, socket.sock.DGRAM)
        s:send("one", 0x7f000001, 4455)
        s:send("two", 0x7f000001, 4455)""")
    with faster("two runtimes that wait for one socket", LIMIT):
        said = sorted(reader.communicate(timeout=30)[0].strip() for reader in readers)
    equal("get a message each", said, ["one", "two"])
    lunatik("run", "-e", "local e = require('lunatik')._ENV e.held:close() e.held = nil")
    stop("reader0"), stop("reader1")


def unloading():
    client = start("run", "-", "--name", "waits", source=source("accept", "wait()"))
    running("accept", client)
    with faster("unload ends what waits", LIMIT + 2):
        result = lunatik("unload")
    equal("unload", result.returncode, 0)
    client.communicate()


def main():
    subprocess.run("""ip link set lo up
        ip link add t_dummy type dummy && ip address add 10.9.9.1/24 dev t_dummy && ip link set t_dummy up""", shell=True, check=True)
    # An AF_PACKET socket of protocol 0 receives nothing; the others are quiet by themselves.
    scripts()
    threads()
    devices()
    closed_elsewhere()
    two_at_once()
    unloading()
    return finish()


sys.exit(main())
