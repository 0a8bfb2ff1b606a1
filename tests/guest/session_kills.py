#!/usr/bin/python3
# SPDX-License-Identifier: MIT OR GPL-2.0-only
# suite: timeout=120
"""Clients that are killed after each byte they write, after bytes they read, and while they wait: the kernel ends what they
began and only that."""

import os
import signal
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), "lib"))
import frames
from frames import attribute, frame, value_of
from ktap import equal, finish, ok, state, stop, within

SIGNALS = (signal.SIGKILL, signal.SIGTERM, signal.SIGINT)
SCRIPT = "local t = {} for i = 1, 3 do t[i] = print(i) end return function() end"
# Requests of every kind; the answers of those before are read between them, or the session would be busy.
REQUESTS = [frame(frames.EVAL, attribute(frames.SOURCE, "print('x') return 1, 2") + attribute(frames.EXPRESSION)),
            frame(frames.RUN, attribute(frames.NAME, "killed") + attribute(frames.SOURCE, SCRIPT) + attribute(frames.ARGUMENT, "a")),
            frame(frames.LIST),
            frame(frames.STOP, attribute(frames.NAME, "killed")),
            frame(frames.SPAWN, attribute(frames.NAME, "killed") + attribute(frames.SOURCE, SCRIPT) + attribute(frames.CONTEXT, 0)),
            frame(frames.LOG, attribute(frames.NAME, "killed")),
            frame(frames.COMPLETE, attribute(frames.SOURCE, "string.re")),
            frame(frames.CHECK, attribute(frames.SOURCE, "x = y")),
            frame(frames.STOP, attribute(frames.NAME, "killed"))]
LOOP = frame(frames.EVAL, attribute(frames.SOURCE, "while true do end"))


def child(body):
    """Runs body in a process of its own, which says when it is there and waits to be killed."""
    ready, say = os.pipe()
    process = os.fork()
    if process == 0:
        try:
            body(lambda: os.write(say, b"."))
            while True:
                signal.pause()
        finally:
            os._exit(1)
    os.close(say)
    os.read(ready, 1)
    os.close(ready)
    return process


def kill(process, number):
    os.kill(process, number)
    return os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]) == -number


def writes(count):
    """A client that has written this many bytes of all requests; answers of whole requests have been read."""
    def body(ready):
        session, left = os.open(frames.DEVICE, os.O_RDWR), count
        for request in REQUESTS:
            frames.send(session, request[:left])
            left -= len(request)
            if left < 0:
                break
            frames.Answer(session)
        ready()
    return body


def reads(request, count):
    """A client that has read this many bytes of an answer."""
    def body(ready):
        session = os.open(frames.DEVICE, os.O_RDWR)
        frames.send(session, request)
        for _ in range(count):
            os.read(session, 1)
        ready()
    return body


def waits(request):
    """A client that is killed in read()."""
    def body(ready):
        session = os.open(frames.DEVICE, os.O_RDWR)
        frames.send(session, request)
        ready()
        while os.read(session, 100):
            pass
    return body


def main():
    # Children die of them, and none is meant for this process.
    for number in SIGNALS[1:]:
        signal.signal(number, signal.SIG_DFL)
    total = sum(map(len, REQUESTS))
    # Each byte of the first request and its answer, of those behind each third; fewer on the debug kernel.
    step = 1 if frames.SLOW == 1 else 5
    bad = []
    for number, count in enumerate([*range(0, len(REQUESTS[0]) + 1, step), *range(len(REQUESTS[0]) + 1, total + 1, 3 * step)]):
        if not kill(child(writes(count)), SIGNALS[number % 3]):
            bad.append(count)
        if number % 100 == 0:
            print(f"# {count} of {total} bytes", flush=True)
        if state("killed") is not None:
            stop("killed")
    equal(f"killed after bytes written, of {total}", bad, [])
    bad = []
    for request in REQUESTS[:3] + REQUESTS[5:6]:
        for number, count in enumerate(range(0, 120, 9 * step)):
            # An answer may be shorter: then the client waits in read(), and has never said that it is there.
            process = os.fork()
            if process == 0:
                try:
                    reads(request, count)(lambda: None)
                    signal.pause()
                finally:
                    os._exit(1)
            time.sleep(0.005 * (number % 4))
            if not kill(process, SIGNALS[number % 3]):
                bad.append(count)
        stop("killed")
    equal("killed after bytes read, and before", bad, [])
    # The name is free again when what the clients began has ended.
    ok("what they began has ended", within(10, lambda: state("killed") is None or stop("killed") == 0) and
       within(10, lambda: not frames.runtimes()), frames.runtimes())
    for number in SIGNALS:
        begin = time.monotonic()
        process = child(waits(LOOP))
        time.sleep(0.05)
        good = kill(process, number)
        ok(f"signal {number.name} ends a client that waits for a loop",
           good and within(3, lambda: not frames.runtimes()), f"{time.monotonic() - begin:.2f} s", frames.runtimes())
    equal("the device serves as before", value_of("6 * 7"), "42")
    return finish()


if __name__ == "__main__":
    sys.exit(main())
