# SPDX-License-Identifier: MIT OR GPL-2.0-only
"""What suites about packets share: commands, hosts that are network namespaces with a wire between them, and servers for them."""

import contextlib
import pathlib
import socket
import subprocess
import sys

from frames import SLOW
from ktap import equal, ok

# A DNS server that gives every name the address 192.168.10.1.
DNS = r'''
import socket, struct
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(("0.0.0.0", 53))
while True:
    q, who = s.recvfrom(2000)
    end = q.index(b"\0", 12) + 5
    kind = struct.unpack(">H", q[end - 4:end - 2])[0]
    answer = struct.pack(">HHHIH4s", 0xc00c, 1, 1, 60, 4, socket.inet_aton("192.168.10.1")) if kind == 1 else b""
    s.sendto(q[:2] + struct.pack(">HHHHH", 0x8180, 1, 1 if answer else 0, 0, 0) + q[12:end] + answer, who)
'''


def sh(command, limit=60):
    return subprocess.run(command, shell=True, capture_output=True, text=True, check=False, timeout=limit * SLOW)


def inside(host, command, limit=60):
    return sh(f"ip netns exec {host} {command}", limit)


@contextlib.contextmanager
def hosts(client="10.1.1.2/24", server="10.1.1.1/24", six=()):
    """A client na, and a server nb, with a wire va - vb between them; `six` has an IPv6 address for each of the two."""
    commands = ["ip netns add na", "ip netns add nb", "ip -n na link add va type veth peer name vb netns nb",
                f"ip -n na addr add {client} dev va", f"ip -n nb addr add {server} dev vb"]
    commands += [f"ip -n n{host} addr add {address} dev v{host} nodad" for host, address in zip("ab", six)]
    commands += [f"ip -n {host} link set {device} up" for host, device in (("na", "va"), ("nb", "vb"), ("na", "lo"), ("nb", "lo"))]
    for command in commands:
        done = sh(command)
        if done.returncode:
            ok(command, False, done.stderr)
    try:
        yield
    finally:
        sh("ip netns del na; ip netns del nb")


@contextlib.contextmanager
def serving(host, *words):
    """A program that runs in a namespace."""
    with subprocess.Popen(["ip", "netns", "exec", host, *words], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                          stderr=subprocess.DEVNULL) as process:
        try:
            yield
        finally:
            process.kill()


@contextlib.contextmanager
def example(host, name, words, *arguments):
    """An example that runs in a namespace."""
    done = inside(host, f"lunatik run examples/{name} {words} -- {' '.join(arguments)}")
    ok(f"{name} runs", done.returncode == 0, done.stdout, done.stderr)
    try:
        yield
    finally:
        equal(f"{name} stops", inside(host, f"lunatik stop examples/{name}").returncode, 0)


def resolve_with(host, address):
    """Programs in the namespace ask this DNS server."""
    directory = pathlib.Path("/etc/netns") / host
    directory.mkdir(parents=True, exist_ok=True)
    (directory / "resolv.conf").write_text(f"nameserver {address}\noptions timeout:1 attempts:2\n")


# What is said once, and what comes back.
SEND = r'''
import socket, sys
family = socket.AF_INET6 if ":" in sys.argv[1] else socket.AF_INET
s = socket.socket(family, socket.SOCK_DGRAM)
s.settimeout(float(sys.argv[4]))
try:
    s.sendto(b"x" * int(sys.argv[3]), (sys.argv[1], int(sys.argv[2])))
    print(len(s.recv(70000)))
except OSError as error:
    print(type(error).__name__)
'''
# Answers with what it is told.
ECHO = r'''
import socket, select
four, six = (socket.socket(f, socket.SOCK_DGRAM) for f in (socket.AF_INET, socket.AF_INET6))
six.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
four.bind(("0.0.0.0", 7300)); six.bind(("::", 7300))
while True:
    for s in select.select([four, six], [], [])[0]:
        s.sendto(*s.recvfrom(70000))
'''


def ask(address, size=10, limit=3.0):
    """From na: what comes back from the echo in nb."""
    return subprocess.run(["ip", "netns", "exec", "na", sys.executable, "-c", SEND, address, "7300", str(size), str(limit * SLOW)],
                          capture_output=True, text=True, check=False).stdout.strip()


class Udp:
    """A socket that sends to itself."""

    def __init__(self, port, address="127.0.0.1", family=socket.AF_INET):
        self.socket = socket.socket(family, socket.SOCK_DGRAM)
        self.socket.bind((address, port))
        self.address = (address, port)

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        self.socket.close()

    def arrives(self, data=b"hello", limit=2):
        """What comes of it, or None."""
        self.socket.settimeout(limit * SLOW)
        try:
            self.socket.sendto(data, self.address)
            return self.socket.recv(70000)
        except PermissionError:
            return None
        except TimeoutError:
            return None

    def lost(self, data=b"hello"):
        return self.arrives(data, 0.3) is None
