# SPDX-License-Identifier: MIT OR GPL-2.0-only
"""Packets to itself, from threads bound to CPUs, and probe hits, as long as the body of a `with` runs."""

import contextlib
import os
import socket
import threading
import time

PORT = 7008
# What the hooks of hostile scripts look at.
MARK, SO_MARK = 7007, 36


class Traffic:
    def __init__(self):
        self.sent, self.arrived, self.ending = 0, 0, False

    def _run(self, cpu, pause):
        with contextlib.suppress(OSError):
            os.sched_setaffinity(0, {cpu})
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
            one.bind(("127.0.0.1", 0))
            one.connect(one.getsockname())
            one.settimeout(1)
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
                other.setsockopt(socket.SOL_SOCKET, SO_MARK, MARK)
                while not self.ending:
                    with contextlib.suppress(OSError):
                        one.send(b"x")
                        self.sent += 1
                        one.recv(10)
                        self.arrived += 1
                    with contextlib.suppress(OSError):
                        other.sendto(b"packet", ("127.0.0.1", PORT))
                    os.getpriority(os.PRIO_PROCESS, 0)
                    time.sleep(pause)


@contextlib.contextmanager
def traffic(pause=0.01):
    flow = Traffic()
    threads = [threading.Thread(target=flow._run, args=(cpu, pause)) for cpu in range(os.cpu_count())]
    for thread in threads:
        thread.start()
    try:
        yield flow
    finally:
        flow.ending = True
        for thread in threads:
            thread.join()
