# SPDX-License-Identifier: MIT OR GPL-2.0-only
"""The generic netlink family "lunatik" by hand, so that a suite can send what no library would (include/lunatik/netlink.h)."""

import contextlib
import ctypes
import errno
import os
import re
import socket
import struct
import threading
from pathlib import Path

NETLINK_GENERIC, SOL_NETLINK = 16, 270
ADD_MEMBERSHIP, EXT_ACK = 1, 11
REQUEST, MULTI, ACK, INTERRUPTED, DUMP = 1, 2, 4, 0x10, 0x300
CLONE_NEWNET, CLONE_NEWUSER = 0x40000000, 0x10000000
ERROR, DONE = 2, 3
_header = Path(__file__).resolve().parents[3] / "include" / "lunatik" / "netlink.h"


def _enum(prefix):
    """{NAME: number} of an enum of the header, so that the two cannot differ."""
    words = re.findall(rf"^\t{prefix}([A-Z]+),", _header.read_text(), re.M)
    return {word: number for number, word in enumerate(words)}


ATTRIBUTES = _enum("LUNATIK_GENL_A_")
COMMANDS = _enum("LUNATIK_GENL_(?!A_)")
NUMBERS = {number: word for word, number in ATTRIBUTES.items()}
U32 = {"STATUS", "ERRNO", "CONTEXT", "STATE", "USERS", "KIND", "REST"}
BYTES = {"NAME", "CODE", "OUTPUT", "VALUE", "MESSAGE", "TRACEBACK"}


class Refused(OSError):
    """The kernel answered with an error; `text` is its extended acknowledgement."""

    def __init__(self, code, text):
        super().__init__(code, f"{os.strerror(code)}: {text}")
        self.text = text

    @property
    def name(self):
        return errno.errorcode.get(self.errno, str(self.errno))


def attribute(kind, value=b""):
    """One attribute. `kind` is a name or a number, an int becomes a u64, text bytes."""
    number = ATTRIBUTES[kind] if isinstance(kind, str) else kind
    if isinstance(value, int):
        value = struct.pack("=Q", value)
    if isinstance(value, str):
        value = value.encode()
    return struct.pack("=HH", len(value) + 4, number) + value + bytes(-len(value) % 4)


def attributes(payload):
    """[(name, bytes)] of a payload."""
    found = []
    while len(payload) >= 4:
        size, kind = struct.unpack_from("=HH", payload)
        kind &= 0x3fff
        found.append((NUMBERS.get(kind, kind), payload[4:size]))
        payload = payload[(size + 3) & ~3:]
    return found


def value(name, data):
    if name in U32:
        return struct.unpack("=I", data)[0]
    return data if name in BYTES else struct.unpack("=Q", data)[0] if len(data) == 8 else True


class Family:
    """A socket for the family."""

    def __init__(self, limit=60, dump=False):
        """`dump`: code runs as dumps."""
        self.socket = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_GENERIC)
        self.socket.bind((0, 0))
        self.socket.setsockopt(SOL_NETLINK, EXT_ACK, 1)
        self.socket.settimeout(limit)
        self.sequence, self.dump = 0, dump
        self.id, self.groups = 16, {}
        answer = self.ask(3, struct.pack("=HH", 12, 2) + b"lunatik\0", version=2)[0]
        found = dict(answer)
        self.id = struct.unpack("=H", found[NUMBERS.get(1, 1)])[0]
        groups = found.get(NUMBERS.get(7, 7), b"")
        for _, group in attributes(groups):
            parts = dict(attributes(group))
            name = parts[NUMBERS.get(1, 1)].rstrip(b"\0").decode()
            self.groups[name] = struct.unpack("=I", parts[NUMBERS.get(2, 2)])[0]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def send(self, command, payload=b"", flags=REQUEST | ACK, version=1, size=None):
        """Sends a message; `size` lies about its length."""
        self.sequence += 1
        body = struct.pack("=BBH", command, version, 0) + payload
        self.socket.sendto(struct.pack("=IHHII", size if size is not None else 16 + len(body), self.id, flags, self.sequence, 0) +
                           body, (0, 0))

    def receive(self):
        """The next messages: [(type, flags, payload without the family's own header)]."""
        data = self.socket.recv(1 << 16)
        messages = []
        while len(data) >= 16:
            size, kind, flags, sequence, _ = struct.unpack_from("=IHHII", data)
            messages.append((kind, flags, sequence, data[16:size]))
            data = data[(size + 3) & ~3:]
        return messages

    def answer(self):
        """Every message of the answer to what was sent last; raises Refused."""
        answers = []
        while True:
            for kind, flags, sequence, body in self.receive():
                if sequence != self.sequence:
                    continue
                if kind == ERROR:
                    code = -struct.unpack_from("=i", body)[0]
                    if not code:
                        return answers
                    text = b""
                    if flags & 0x200:
                        inner = struct.unpack_from("=I", body, 4)[0] if not flags & 0x100 else 16
                        for number, data in attributes(body[4 + ((inner + 3) & ~3):]):
                            if number == NUMBERS.get(1, 1):
                                text = data.rstrip(b"\0")
                    raise Refused(code, text.decode(errors="replace"))
                if kind == DONE:
                    code = -struct.unpack_from("=i", body)[0] if len(body) >= 4 else 0
                    if code > 0:
                        raise Refused(code, "")
                    return answers
                answers.append(attributes(body[4:]))

    def ask(self, command, payload=b"", flags=REQUEST | ACK, version=1):
        self.send(command, payload, flags, version)
        return self.answer()

    # ---- the commands

    def create(self, name, maxalloc=None):
        self.ask(COMMANDS["CREATE"], attribute("NAME", name) + (attribute("MAXALLOC", maxalloc) if maxalloc is not None else b""))

    def close(self, name):
        answers = self.ask(COMMANDS["CLOSE"], attribute("NAME", name), REQUEST | DUMP)
        return value("STATUS", dict(answers[-1])["STATUS"])

    def get(self, name):
        answer = self.ask(COMMANDS["GET"], attribute("NAME", name))[0]
        return {key: value(key, data) for key, data in answer}

    def list(self):
        return [{key: value(key, data) for key, data in answer} for answer in self.ask(COMMANDS["GET"], flags=REQUEST | DUMP)]

    def names(self):
        return sorted(state["NAME"] for state in self.list())

    def send_exec(self, name, code, piece=30000, timeout=None):
        code = code.encode() if isinstance(code, str) else code
        offset = 0
        while len(code) - offset > piece:
            self.ask(COMMANDS["CODE"], attribute("OFFSET", offset) + attribute("CODE", code[offset:offset + piece]))
            offset += piece
        self.send(COMMANDS["EXEC"], attribute("NAME", name) + (attribute("OFFSET", offset) if offset else b"") +
                  attribute("CODE", code[offset:]) + (attribute("TIMEOUT", timeout) if timeout is not None else b""),
                  REQUEST | DUMP if self.dump else REQUEST | ACK)

    def rest(self, sequence):
        """The answer of which there was only REST, to the request with that number."""
        return self.ask(COMMANDS["EXEC"], attribute("REST", struct.pack("=I", sequence)), REQUEST | DUMP)

    def result(self):
        """{"STATUS": n, "VALUES": [...], "OUTPUT": b"...", ...} of what send_exec() sent."""
        found = {"VALUES": [], "OUTPUT": b""}
        open_part = None
        answers = self.answer()
        if self.dump:
            del answers[0]
        elif "REST" in dict(answers[0]):
            answers = self.rest(value("REST", dict(answers[0])["REST"]))
        for key, data in (pair for answer in answers for pair in answer):
            if key == "MORE":
                open_part = last
                continue
            data = value(key, data)
            if key == "VALUE":
                if open_part == "VALUE":
                    found["VALUES"][-1] += data
                else:
                    found["VALUES"].append(data)
            elif isinstance(data, bytes) and key in found and (open_part == key or key == "OUTPUT"):
                found[key] += data
            else:
                found[key] = data
            open_part, last = None, key
        return found

    def exec(self, name, code, timeout=None):
        self.send_exec(name, code, timeout=timeout)
        return self.result()

    def listen(self):
        self.socket.setsockopt(SOL_NETLINK, ADD_MEMBERSHIP, self.groups["events"])

    def events(self):
        """The next events, as dictionaries."""
        return [{key: value(key, data) for key, data in attributes(body[4:])} for kind, _, _, body in self.receive() if kind == self.id]


_libc = ctypes.CDLL(None, use_errno=True)


def _checked(result):
    if result:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


@contextlib.contextmanager
def inside(path):
    """The calling thread is in another network namespace meanwhile."""
    own = os.open(f"/proc/self/task/{threading.get_native_id()}/ns/net", os.O_RDONLY)
    other = os.open(path, os.O_RDONLY)
    try:
        _checked(_libc.setns(other, CLONE_NEWNET))
        yield
    finally:
        _checked(_libc.setns(own, CLONE_NEWNET))
        os.close(own)
        os.close(other)
