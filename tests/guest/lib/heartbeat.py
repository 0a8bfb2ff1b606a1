# SPDX-License-Identifier: MIT OR GPL-2.0-only
"""Asks the machine all the while whether it is alive: an echo request that goes over the guest's own veth, into a network
namespace and back, and a healthy script in a session of its own. Another process, so that the suite's own waiting is not
measured.

As a program: heartbeat.py SECONDS-BETWEEN ADDRESS; one line for each answer, "ping|script SENT SECONDS".
"""

import contextlib
import os
import pathlib
import socket
import struct
import subprocess
import sys
import time

NAMESPACE, NEAR, FAR = "heartbeat", "10.77.0.1", "10.77.0.2"


def _checksum(data):
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    total = (total >> 16) + (total & 0xffff)
    return ~(total + (total >> 16)) & 0xffff


def _ping(icmp, address, number, limit):
    """Whether the address answers in time."""
    head = struct.pack("!BBHHH", 8, 0, 0, os.getpid() & 0xffff, number & 0xffff)
    icmp.sendto(struct.pack("!BBHHH", 8, 0, _checksum(head), os.getpid() & 0xffff, number & 0xffff), (address, 0))
    until = time.monotonic() + limit
    while time.monotonic() < until:
        icmp.settimeout(max(0.001, until - time.monotonic()))
        try:
            answer = icmp.recv(2000)
        except TimeoutError:
            return False
        if answer[20:21] == b"\0" and answer[24:28] == head[4:8]:
            return True
    return False


def _program(pause, address):
    from frames import DEVICE, SLOW, ask, evaluate
    icmp = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP)
    session = os.open(DEVICE, os.O_RDWR)
    number = 0
    while True:
        number += 1
        for what, answered in (("ping", lambda: _ping(icmp, address, number, 20 * SLOW)),
                               ("script", lambda: ask(session, evaluate("6 * 7")).values == ["42"])):
            begin = time.monotonic()
            good = answered()
            print(what if good else f"no-{what}", begin, time.monotonic() - begin, flush=True)
        time.sleep(pause)


class Heartbeat:
    def __init__(self, process, log):
        self.process, self.log = process, log

    def answers(self):
        """[(what, when it was asked, seconds until the answer)] so far."""
        return [(what, float(begin), float(took)) for what, begin, took in
                (line.split() for line in self.log.read_text().splitlines() if line.count(" ") == 2)]

    def silent_for(self):
        """Seconds since the last answer."""
        answers = self.answers()
        return time.monotonic() - (answers[-1][1] + answers[-1][2]) if answers else 0

    def trouble(self, limit):
        """What was not answered in time, as lines."""
        late = [answer for answer in self.answers() if answer[0].startswith("no-") or answer[2] > limit]
        return [f"{what} at {begin:.1f}: {took:.2f} s" for what, begin, took in late] + \
            (["the heartbeat ended"] if self.process.poll() is not None else [])

    def words(self):
        answers = self.answers()
        return ", ".join(f"{sum(answer[0] == what for answer in answers)} {what}s, the slowest "
                         f"{max((answer[2] for answer in answers if answer[0] == what), default=0):.2f} s" for what in ("ping", "script"))


@contextlib.contextmanager
def heartbeat(pause=0.05):
    """A heartbeat while the body runs; the veth and its namespace are gone afterwards."""
    def ip(*words):
        subprocess.run(["ip", *words], check=True)
    ip("netns", "add", NAMESPACE)
    ip("link", "add", "beat0", "type", "veth", "peer", "name", "beat1", "netns", NAMESPACE)
    ip("address", "add", f"{NEAR}/24", "dev", "beat0")
    ip("-n", NAMESPACE, "address", "add", f"{FAR}/24", "dev", "beat1")
    ip("link", "set", "beat0", "up")
    ip("-n", NAMESPACE, "link", "set", "beat1", "up")
    ip("-n", NAMESPACE, "link", "set", "lo", "up")
    log = pathlib.Path("/tmp/heartbeat.log")
    with open(log, "w") as out:
        process = subprocess.Popen([sys.executable, os.path.realpath(__file__), str(pause), FAR], stdout=out,
                                   stdin=subprocess.DEVNULL)
    try:
        beat = Heartbeat(process, log)
        until = time.monotonic() + 20
        while len(beat.answers()) < 4 and time.monotonic() < until:
            time.sleep(0.05)
        yield beat
    finally:
        process.kill()
        process.wait()
        subprocess.run(["ip", "link", "delete", "beat0"], check=False)
        subprocess.run(["ip", "netns", "delete", NAMESPACE], check=False)


if __name__ == "__main__":
    _program(float(sys.argv[1]), sys.argv[2])
