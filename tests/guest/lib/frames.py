# SPDX-License-Identifier: MIT OR GPL-2.0-only
"""The protocol of /dev/lunatik (include/lunatik/uapi.h) as bytes: what the suites ask the kernel without the command
line, either because it is quicker, or because the command line would never send it."""

import os
import select
import struct
import time

# How much more slowly things may happen than the suites ask for: the detectors cost time.
SLOW = 4 if os.path.exists("/proc/lockdep_stats") else 1
DEVICE = "/dev/lunatik"
MAGIC, VERSION = 0x4b544e4c, 1
RUN, SPAWN, STOP, LIST, EVAL, SHUTDOWN, INTERRUPT, LOG, COMPLETE, CHECK = range(1, 11)
OUTPUT, ITEM, DONE, RECORD = 64, 65, 66, 67
NAME, SOURCE, CONTEXT, PERCPU, MAXALLOC, ARGUMENT, EXPRESSION, STATUS, ERRNO, MESSAGE, TRACEBACK, VALUE = range(1, 13)
INCOMPLETE, STATE = 13, 14
FAULT, PATH, KIND = 21, 22, 26
CONTEXTS = ("process", "softirq", "hardirq")
RECORDS = ("print", "error", "started", "stopped", "killed")
STATES = ("loading", "ready", "running", "stopping")
LARGEST = 16 << 20


def attribute(kind, value=b""):
    if isinstance(value, str):
        value = value.encode()
    elif isinstance(value, int):
        value = struct.pack("=Q" if kind == MAXALLOC else "=I", value)
    return struct.pack("=II", kind, len(value)) + value + bytes(-len(value) % 4)


def frame(kind, payload=b"", magic=MAGIC, version=VERSION, length=None, reserved=0):
    return struct.pack("=IHHII", magic, version, kind, len(payload) if length is None else length, reserved) + payload


def evaluate(source, *more):
    return frame(EVAL, attribute(SOURCE, source) + attribute(EXPRESSION) + b"".join(more))


class Answer:
    """All frames up to DONE, taken apart; every byte of them is checked."""

    def __init__(self, descriptor, chunk=1 << 16, limit=20):
        self.output, self.items, self.values, self.done, self.trouble = b"", [], [], {}, None
        buffer, until = b"", time.monotonic() + limit * SLOW
        while not self.done and not self.trouble:
            while len(buffer) < 16 or len(buffer) < 16 + struct.unpack_from("=I", buffer, 8)[0]:
                if not select.select([descriptor], [], [], max(0, until - time.monotonic()))[0]:
                    self.trouble = "no answer"
                    return
                more = os.read(descriptor, chunk)
                if not more:
                    self.trouble = "the end"
                    return
                buffer += more
            magic, version, kind, length, reserved = struct.unpack_from("=IHHII", buffer)
            payload, buffer = buffer[16:16 + length], buffer[16 + length:]
            if (magic, version, reserved) != (MAGIC, VERSION, 0):
                self.trouble = f"a bad head: {magic:#x} {version} {reserved}"
            elif kind == OUTPUT:
                self.output += payload
            elif kind in (ITEM, RECORD):
                self.items.append(self._attributes(payload))
            elif kind == DONE:
                self.done = self._attributes(payload)
            else:
                self.trouble = f"a frame of type {kind}"
        if buffer:
            self.trouble = f"{len(buffer)} bytes behind the answer"
        self.status = struct.unpack("=I", self.done[STATUS])[0] if STATUS in self.done else None
        self.message = self.done.get(MESSAGE, b"").decode(errors="replace")

    def _attributes(self, payload):
        found = {}
        while payload:
            kind, length = struct.unpack_from("=II", payload)
            value = payload[8:8 + length]
            padding = payload[8 + length:8 + length + -length % 4]
            if len(value) != length or padding.strip(b"\0"):
                self.trouble = "a broken attribute"
            if kind == VALUE:
                self.values.append(value.decode(errors="replace"))
            found[kind] = value
            payload = payload[8 + length + len(padding):]
        return found


def send(descriptor, data):
    while data:
        data = data[os.write(descriptor, data):]


def ask(descriptor, request):
    send(descriptor, request)
    return Answer(descriptor)


def value_of(source):
    """The first value of an expression, evaluated in a session of its own, or None."""
    descriptor = os.open(DEVICE, os.O_RDWR)
    try:
        return (ask(descriptor, evaluate(source)).values or [None])[0]
    finally:
        os.close(descriptor)


def runtimes():
    """{name: state} of all runtimes, {} without the module."""
    try:
        descriptor = os.open(DEVICE, os.O_RDWR)
    except OSError:
        return {}
    try:
        return {item[NAME].decode(errors="replace"): STATES[struct.unpack("=I", item[STATE])[0]]
                for item in ask(descriptor, frame(LIST)).items}
    finally:
        os.close(descriptor)
