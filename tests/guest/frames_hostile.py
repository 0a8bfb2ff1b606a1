#!/usr/bin/python3
# SPDX-License-Identifier: MIT OR GPL-2.0-only
# suite: debug timeout=150
"""Requests to /dev/lunatik that no client would send, from a generator: each attribute of each request absent, doubled, truncated,
oversized, of every wrong length; then requests with bytes changed at random (FUZZ_SEED, FUZZ_COUNT)."""

import os
import random
import select
import struct
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), "lib"))
import frames
from frames import attribute, frame, value_of
from ktap import equal, finish, ok

SEED = int(os.environ.get("FUZZ_SEED", "7"))
COUNT = int(os.environ.get("FUZZ_COUNT", str(1200 // frames.SLOW)))
NAME, SOURCE, CONTEXT, PERCPU, MAXALLOC, ARGUMENT = (frames.NAME, frames.SOURCE, frames.CONTEXT, frames.PERCPU, frames.MAXALLOC,
                                                     frames.ARGUMENT)
# FOLLOW waits for what comes, FAULT lets allocations fail, SHUTDOWN would end other tests' runtimes: the first two are not asked for.
REQUESTS = {
    frames.RUN: [(NAME, b"fuzzed"), (SOURCE, b"return 1"), (CONTEXT, 0), (MAXALLOC, 1 << 20), (ARGUMENT, b"a"), (frames.PATH, b"p")],
    frames.SPAWN: [(NAME, b"fuzzed"), (SOURCE, b"return function() end"), (CONTEXT, 0), (MAXALLOC, 1 << 20), (ARGUMENT, b"a")],
    frames.STOP: [(NAME, b"fuzzed")],
    frames.LIST: [],
    frames.EVAL: [(SOURCE, b"return 1"), (NAME, b"chunk"), (frames.EXPRESSION, b""), (ARGUMENT, b"a")],
    frames.LOG: [(NAME, b"fuzzed")],
    frames.COMPLETE: [(SOURCE, b"string.re")],
    frames.CHECK: [(SOURCE, b"x = y"), (frames.PATH, b"p")],
}


class Client:
    """A session that is opened anew when the kernel has closed it."""

    def __init__(self):
        self.file = os.open(frames.DEVICE, os.O_RDWR)
        self.outcomes = {}

    def attempt(self, data):
        """Sends bytes; a session that does not answer, or that ended, is given up."""
        try:
            frames.send(self.file, data)
            answer = frames.Answer(self.file, limit=2)
            outcome = answer.trouble or answer.status
        except OSError as error:
            outcome = error.errno
        self.outcomes[outcome] = self.outcomes.get(outcome, 0) + 1
        if not isinstance(outcome, int) or outcome > 8:
            self.again()
        return outcome

    def again(self):
        os.close(self.file)
        self.file = os.open(frames.DEVICE, os.O_RDWR)

    def cut(self, data):
        """Sends the beginning of a request and goes away."""
        try:
            frames.send(self.file, data)
        except OSError:
            pass
        self.again()

    def stop(self):
        self.attempt(frame(frames.STOP, attribute(NAME, b"fuzzed")))


def raw(kind, value, length=None, padding=None):
    length = len(value) if length is None else length
    return struct.pack("=II", kind, length) + value + bytes(-len(value) % 4 if padding is None else padding)


def variants(attributes):
    """Payloads in which one attribute is wrong."""
    whole = [attribute(*one) for one in attributes]
    for index, (kind, value) in enumerate(attributes):
        before, after = b"".join(whole[:index]), b"".join(whole[index + 1:])
        value = value if isinstance(value, bytes) else whole[index][8:]
        yield before + after                                                # absent
        yield before + whole[index] * 2 + after                             # doubled
        yield before + after + raw(kind, b"")                               # empty
        for size in (1, 2, 3, 5, 7, 9, 255, 256, 300, 5000):                # of another length
            yield before + raw(kind, (value * 5000)[:size] or bytes(size)) + after
        for length in (len(value) + 1, len(value) + 4, 0x7fffffff, 0x80000000, 0xfffffffc, 0xfffffffd, 0xffffffff):
            yield before + raw(kind, value, length) + after                 # beyond its end
        yield before + after + raw(kind, value, padding=0)                  # without its padding
        for cut in range(1, len(whole[index])):                             # truncated
            yield before + whole[index][:cut]
        for byte in (0, 1, 10, 127, 128, 255):
            yield before + raw(kind, bytes([byte]) * max(1, len(value))) + after
    for kind in (0, 8, 13, 20, 25, 28, 60, 0x7fffffff, 0xffffffff):         # unknown, or none of a request's
        yield b"".join(whole) + raw(kind, b"1234")
    yield b"".join(whole) + b"".join(attribute(ARGUMENT, b"x") for _ in range(100))


def main():
    client = Client()
    count = 0
    for kind, attributes in REQUESTS.items():
        for payload in list(variants(attributes))[::1 if frames.SLOW == 1 else 4]:
            client.attempt(frame(kind, payload))
            count += 1
            if kind in (frames.RUN, frames.SPAWN):
                client.stop()
        print(f"# request {kind}: {count} so far, {client.outcomes}", flush=True)
    ok("one attribute wrong: every request is answered or refused", "no answer" not in client.outcomes, client.outcomes)
    ok("both outcomes were seen", client.outcomes.get(0) and client.outcomes.get(2), client.outcomes)
    client.outcomes = {}
    for kind in (0, 11, 63, 64, 65, 66, 67, 0x7fff, 0xffff):
        client.attempt(frame(kind))
    for change in ({"magic": 0}, {"magic": 0x4b544e4d}, {"version": 0}, {"version": 2}, {"version": 0xffff}, {"reserved": 1},
                   {"length": 0xffffffff}, {"length": frames.LARGEST + 1}):
        client.attempt(frame(frames.LIST, **change))
        client.again()
    ok("wrong heads too", "no answer" not in client.outcomes, client.outcomes)
    client.outcomes = {}
    chance = random.Random(SEED)
    requests = [frame(kind, b"".join(attribute(*one) for one in attributes)) for kind, attributes in REQUESTS.items()]
    for number in range(COUNT):
        data = bytearray(b"".join(chance.choice(requests) for _ in range(chance.choice((1, 1, 1, 2)))))
        for _ in range(chance.randrange(1, 5)):
            at = chance.randrange(len(data))
            data[at] = chance.choice((chance.randrange(256), 0, 255, data[at] ^ 1 << chance.randrange(8)))
        # A length that has grown waits for more: the client leaves instead. Types that wait or end others are not for chance.
        head = struct.unpack_from("=IHHII", data)
        if head[0] != frames.MAGIC or head[2] == frames.SHUTDOWN or len(data) != 16 + head[3] or b"\x1b\0\0\0" in data or b"\x15\0\0\0" in data:
            client.cut(bytes(data))
        else:
            client.attempt(bytes(data))
        if number % 50 == 0:
            client.stop()
    client.stop()
    ok(f"{COUNT} requests with changed bytes, seed {SEED}", "no answer" not in client.outcomes, client.outcomes)
    while select.select([client.file], [], [], 0)[0] and os.read(client.file, 1 << 16):
        pass
    os.close(client.file)
    for name in [name for name in frames.runtimes() if not name.startswith("session/")]:
        descriptor = os.open(frames.DEVICE, os.O_RDWR)
        frames.ask(descriptor, frame(frames.STOP, attribute(NAME, name)))
        os.close(descriptor)
    equal("the device serves as before", value_of("6 * 7"), "42")
    return finish()


if __name__ == "__main__":
    sys.exit(main())
