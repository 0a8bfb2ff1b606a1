#!/usr/bin/python3
# SPDX-License-Identifier: MIT OR GPL-2.0-only
# suite: debug timeout=300
"""The examples echod, shared and tap, each with the client that a user would take."""

import contextlib
import os
import select
import socket
import struct
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), "lib"))
from ktap import SLOW, equal, faster, finish, like, lunatik, ok, state, stop, within

LIMIT = 3


def spawn(name):
    result = lunatik("spawn", name)
    equal(f"spawn {name}", (result.returncode, result.stderr), (0, ""))


def connected(port):
    """A client's socket, as soon as somebody listens."""
    for _ in range(100 * SLOW):
        try:
            return socket.create_connection(("127.0.0.1", port), timeout=20 * SLOW)
        except ConnectionRefusedError:
            time.sleep(0.05)
    raise TimeoutError(f"nobody listens at {port}")


def exchange(client, text, length=None):
    """What comes back for a text, of that length."""
    client.sendall(text)
    got = b""
    while len(got) < (len(text) if length is None else length):
        more = client.recv(65536)
        if not more:
            break
        got += more
    return got


def netcat(port, text, lines=1, limit=20):
    """What nc shows for what is typed, that many lines."""
    client = subprocess.Popen(["nc", "127.0.0.1", str(port)], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    client.stdin.write(text)
    client.stdin.flush()
    got, until = b"", time.monotonic() + limit * SLOW
    while time.monotonic() < until and got.count(b"\n") < lines:
        if select.select([client.stdout], [], [], 0.2)[0]:
            more = os.read(client.stdout.fileno(), 4096)
            if not more:
                break
            got += more
    client.stdin.close()
    client.kill()
    client.wait()
    return got


def reset(port, text=b"x\n"):
    """A client that resets its connection."""
    client = connected(port)
    client.sendall(text)
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    client.close()


def threads():
    """How many threads of the workers there are."""
    return len(subprocess.run("grep -l '^echod/' /proc/[0-9]*/comm 2>/dev/null", shell=True, capture_output=True,
                              text=True).stdout.split())


def echod():
    name = "examples/echod/daemon"
    spawn(name)
    connected(1337).close()
    equal("nc to echod", netcat(1337, b"hello kernel!\n"), b"hello kernel!\n")
    with connected(1337) as client:
        text = os.urandom(1 << 20)
        client.settimeout(60 * SLOW)
        sender = os.fork()
        if not sender:
            client.sendall(text)
            os._exit(0)
        equal("a MiB comes back as it went", exchange(client, b"", len(text)) == text, True)
        os.waitpid(sender, 0)
    for _ in range(5):
        reset(1337)
    clients = [connected(1337) for _ in range(100)]
    answers = 0
    for round_ in range(2):
        for number, client in enumerate(clients):
            client.sendall(b"%d of %d" % (number, round_))
        for number, client in enumerate(clients):
            wanted = b"%d of %d" % (number, round_)
            answers += exchange(client, b"", len(wanted)) == wanted
    equal("100 clients at once, each its own answers", answers, 200)
    ok("each has a worker", threads() >= 100, threads())
    with faster("stop with 100 clients connected", LIMIT + 5):
        equal("succeeds", stop(name), 0)
    ends = 0
    for client in clients:
        try:
            ends += client.recv(1) == b""
        except ConnectionResetError:
            ends += 1
        client.close()
    equal("every client sees the end", ends, 100)
    ok("no worker is left", within(LIMIT, lambda: threads() == 0), threads())
    spawn(name)
    connected(1337).close()
    equal("it starts again", netcat(1337, b"again\n"), b"again\n")
    equal("and stops", stop(name), 0)


def shared():
    name = "examples/shared"
    spawn(name)
    connected(90).close()
    equal("nc to shared: set and get", netcat(90, b"foo=bar\nfoo\n"), b"bar\n")
    equal("another client sees it", netcat(90, b"foo\n"), b"bar\n")
    equal("a missing key is an empty line", netcat(90, b"nosuch\n"), b"\n")
    with contextlib.ExitStack() as crowd:
        clients = [crowd.enter_context(connected(90)) for _ in range(64)]
        equal("64 clients at once", [exchange(client, b"foo\n", 4) for client in clients], [b"bar\n"] * 64)
        with connected(90) as late:
            late.settimeout(10 * SLOW)
            equal("who comes too much sees the end", late.recv(10), b"")
    for _ in range(3):
        reset(90)
        reset(90, b"half a li")
    with connected(90) as one, connected(90) as two:
        equal("lines in pieces", (one.sendall(b"fo"), time.sleep(0.2), exchange(one, b"o\n", 4))[2], b"bar\n")
        two.sendall(b"foo=" + b"v" * 500 + b"\n")
        equal("one client sets", exchange(two, b"foo\n", 501), b"v" * 500 + b"\n")
        equal("the other gets", exchange(one, b"foo\n", 501), b"v" * 500 + b"\n")
        two.sendall(b"x" * 3000)
        try:
            said = two.recv(10)
        except ConnectionResetError:
            said = b""
        equal("a line without end is the end of its client", said, b"")
        equal("only of that", exchange(one, b"foo=1\nfoo\n", 2), b"1\n")
        with faster("stop with a client connected", LIMIT):
            equal("succeeds", stop(name), 0)
        equal("the client sees the end", one.recv(1), b"")


def tap():
    subprocess.run("""ip netns add tap_peer
        ip link add tap_here type veth peer name tap_there netns tap_peer
        ip address add 10.8.8.1/24 dev tap_here && ip link set tap_here up
        ip -n tap_peer address add 10.8.8.2/24 dev tap_there && ip -n tap_peer link set tap_there up""", shell=True, check=True)
    here, there = (open("/sys/class/net/tap_here/address").read().strip(),
                   subprocess.run(["ip", "netns", "exec", "tap_peer", "cat", "/sys/class/net/tap_there/address"],
                                  capture_output=True, text=True).stdout.strip())
    result = lunatik("run", "examples/tap")
    equal("run examples/tap", (result.returncode, result.stderr), (0, ""))
    reader = subprocess.Popen(["cat", "/dev/tap"], stdout=subprocess.PIPE, text=True)
    ping = subprocess.run(["busybox", "ping", "-c", "2", "-s", "100", "10.8.8.2"], capture_output=True, text=True)
    equal("ping over veth", ping.returncode, 0)
    lines, until = [], time.monotonic() + 5 * SLOW
    wanted = (f"{there}\t{here}\t0800\t142\n", f"{here}\t{there}\t0800\t142\n")
    while time.monotonic() < until and not all(line in lines for line in wanted):
        if select.select([reader.stdout], [], [], 0.2)[0]:
            lines.append(reader.stdout.readline())
    ok("the request is shown", wanted[0] in lines, *lines)
    ok("and the reply", wanted[1] in lines, *lines)
    ok("and who asked for the address", any(line.startswith(f"ff:ff:ff:ff:ff:ff\t{here}\t0806\t42") for line in lines), *lines)
    with faster("cat ends when the script is stopped", LIMIT):
        equal("stop", stop("examples/tap"), 0)
        reader.communicate()
    ok("the device is gone", not os.path.exists("/dev/tap"))
    subprocess.run("ip link delete tap_here; ip netns delete tap_peer", shell=True)


def main():
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    echod()
    shared()
    tap()
    ok("nothing is left", state("examples/shared") is None and state("examples/echod/daemon") is None)
    return finish()


sys.exit(main())
