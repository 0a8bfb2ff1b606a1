#!/usr/bin/python3
# SPDX-License-Identifier: MIT OR GPL-2.0-only
# suite: debug timeout=200
"""/dev/lunatik itself: frames in pieces, broken, too large, in the wrong order; and sessions that end in the middle."""

import errno
import os
import random
import select
import signal
import struct
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), "lib"))
from frames import (ARGUMENT, CONTEXT, DEVICE, DONE, ERRNO, EVAL, EXPRESSION, INCOMPLETE, INTERRUPT, LARGEST, LIST, MAXALLOC, NAME,
                    PERCPU, RUN, SOURCE, STATUS, STOP, Answer, ask, attribute, evaluate, frame, send)
from ktap import SLOW, equal, faster, finish, lunatik, ok, opened, state, within


def answers(name, request, status, message="", descriptor=None):
    """The request is answered with this status and message, and the session goes on."""
    with opened(DEVICE) as own:
        session = own if descriptor is None else descriptor
        answer = ask(session, request)
        ok(name, answer.status == status and message in answer.message, answer.trouble, answer.status, answer.message)
        after = ask(session, evaluate("1 + 1"))
        equal(name + ": the session goes on", (after.trouble, after.values), (None, ["2"]))


def closes(name, data, status, message):
    """The bytes put the session out of step: one answer says so, then it is over."""
    with opened(DEVICE) as session:
        try:
            send(session, data)
        except BrokenPipeError:
            pass
        answer = Answer(session)
        ok(name, answer.status == status and message in answer.message, answer.trouble, answer.status, answer.message)
        equal(name + ": nothing more to read", os.read(session, 100), b"")
        try:
            equal(name + ": nothing more to write", f"{os.write(session, evaluate('1'))} bytes", "EPIPE")
        except OSError as error:
            equal(name + ": nothing more to write", errno.errorcode[error.errno], "EPIPE")
    with opened(DEVICE) as session:
        equal(name + ": another session works", ask(session, evaluate("2 + 2")).values, ["4"])


def right_uses():
    with opened(DEVICE) as session:
        equal("evaluate", ask(session, evaluate("6 * 7, 'x'")).values, ["42", "x"])
        answer = ask(session, evaluate("print('out') return ...", attribute(ARGUMENT, "a"), attribute(ARGUMENT, b"\0b")))
        equal("output, arguments, values", (answer.output, answer.values), (b"out\n", ["a", "\0b"]))
        answer = ask(session, evaluate("for i = 1, 2 do"))
        ok("an incomplete statement is said to be one", answer.status == 1 and INCOMPLETE in answer.done, answer.done)
        answer = ask(session, evaluate("for i = 1, 2 od"))
        ok("a wrong one is not", answer.status == 1 and INCOMPLETE not in answer.done, answer.done)
        answer = ask(session, frame(LIST))
        ok("list has the session itself", len(answer.items) == 1 and answer.items[0][NAME].startswith(b"session/"), answer.items)
        send(session, frame(INTERRUPT))
        equal("an interrupt of nothing has no answer and no effect", ask(session, evaluate("3")).values, ["3"])
        ask(session, evaluate("global = 1"))
        for piece in (1, 3, 15, 16, 17):
            data = evaluate("global, " + str(piece))
            for at in range(0, len(data), piece):
                os.write(session, data[at:at + piece])
            equal(f"a request in pieces of {piece}", Answer(session).values, ["1", str(piece)])
        for piece in (1, 3, 16):
            send(session, evaluate("('x'):rep(100)"))
            equal(f"an answer in pieces of {piece}", Answer(session, piece).values, ["x" * 100])
        equal("an empty write", os.write(session, b""), 0)
        equal("an empty read", os.read(session, 0), b"")
        answer = ask(session, frame(EVAL, attribute(SOURCE, "")))
        equal("an empty source", (answer.status, answer.values), (0, []))
        answer = ask(session, frame(EVAL))
        ok("no source", answer.status in (0, 2), answer.status, answer.message)
        answer = ask(session, frame(RUN, attribute(NAME, "raw") + attribute(SOURCE, "print(...)") + attribute(CONTEXT, 0)
                                    + attribute(MAXALLOC, 1 << 20) + attribute(ARGUMENT, "x")))
        equal("run", (answer.status, answer.output), (0, b"x\n"))
        answer = ask(session, frame(STOP, attribute(NAME, "raw")))
        equal("stop", answer.status, 0)
        answer = ask(session, frame(STOP, attribute(NAME, "raw")))
        equal("stop again", (answer.status, answer.done[ERRNO]), (6, struct.pack("=I", errno.ENOENT)))
    with opened(DEVICE, os.O_RDWR | os.O_NONBLOCK) as session:
        try:
            equal("a read without an answer, not blocking", os.read(session, 100), "EAGAIN")
        except BlockingIOError:
            ok("a read without an answer, not blocking", True)
        poll = select.poll()
        poll.register(session, select.POLLIN | select.POLLOUT)
        equal("poll of an idle session", poll.poll(100), [(session, select.POLLOUT)])
        send(session, evaluate("require('linux').schedule(300)"))
        poll.register(session, select.POLLIN)
        ok("poll waits while a request runs", poll.poll(50) == [])
        with faster("poll wakes for the answer", 3):
            equal("and says so", poll.poll(3000 * SLOW), [(session, select.POLLIN)])
        Answer(session)


def broken_requests():
    answers("an unknown request", frame(99), 2)
    answers("an answer as a request", frame(DONE), 2)
    answers("type 0", frame(0), 2)
    answers("an unknown attribute", frame(EVAL, attribute(77, "x")), 2, "unknown attribute")
    answers("an attribute of answers", frame(EVAL, attribute(STATUS, 0)), 2, "unknown attribute")
    for name, payload in {
        "an attribute that overruns its frame": struct.pack("=II", SOURCE, 100) + b"x" * 99,
        "an attribute that is longer than all memory": struct.pack("=II", SOURCE, 0xffffffff) + b"xxxx",
        "an attribute whose padded length wraps around": struct.pack("=II", SOURCE, 0xfffffffd) + b"xxxx",
        "half a head of an attribute": attribute(SOURCE, "1") + b"\1\0\0",
        "an attribute without its padding": struct.pack("=II", SOURCE, 1) + b"1" + struct.pack("=II", EXPRESSION, 9),
    }.items():
        answers(name, frame(EVAL, payload), 2, "overruns")
    answers("a context of two bytes", frame(RUN, attribute(NAME, "raw") + struct.pack("=II", CONTEXT, 2) + b"\0\0\0\0"), 2, "context")
    answers("a context there is none of", frame(RUN, attribute(NAME, "raw") + attribute(CONTEXT, 3)), 2, "context")
    answers("a cap of four bytes", frame(RUN, attribute(NAME, "raw") + struct.pack("=III", MAXALLOC, 4, 1 << 20)), 2, "cap")
    answers("per CPU", frame(RUN, attribute(NAME, "raw") + attribute(PERCPU)), 2)
    answers("65 arguments", frame(EVAL, attribute(SOURCE, "1") + attribute(ARGUMENT, "x") * 65), 2, "too many")
    answers("run without a name", frame(RUN, attribute(SOURCE, "x = 1")), 2, "no script name")
    answers("stop without a name", frame(STOP), 6)
    for bad in (b"\0", b"a\0b", b"..", b"a/../b", b"/a", b"a/", b"x" * 256, b"\n", b"\x7f"):
        answers(f"the name {bad[:8]!r}", frame(RUN, attribute(NAME, bad) + attribute(SOURCE, "x = 1")), 2, "no script name")
    answers("a frame of the largest size", evaluate("'" + "x" * (LARGEST - 100) + "' and 5"), 0)
    answers("a larger one", frame(EVAL, bytes(LARGEST + 1)), 2, "16 MiB")
    answers("stop of another's session", frame(STOP, attribute(NAME, "session/1-1")), 6)

    closes("another magic", frame(EVAL, magic=0x12345678), 2, "no lunatik frame")
    closes("text", b"return 42\nreturn 42\n", 2, "no lunatik frame")
    closes("version 0", frame(EVAL, version=0), 5, "version")
    closes("version 2", frame(EVAL, version=2), 5, "version")
    closes("a frame of a later version with another body", frame(9999, b"z" * 100, version=65535), 5, "version")
    with opened(DEVICE) as session:
        send(session, evaluate("require('linux').schedule(400)") + frame(LIST))
        first = Answer(session)
        ok("two requests at once: an answer says so", first.status == 2 and "before the one before it" in first.message,
           first.status, first.message)
    with opened(DEVICE) as session:
        send(session, frame(EVAL, length=0xffffffff) + b"x" * 100)
        answer = Answer(session)
        equal("a length of 4 GiB", answer.status, 2)
    with opened(DEVICE) as session:
        send(session, evaluate("1")[:-5])
        ok("half a request has no answer", not select.select([session], [], [], 0.2)[0])
    with opened(DEVICE) as session:
        send(session, frame(EVAL)[:7])
    # Whatever comes, there is an answer or an end, and the next session works.
    chance = random.Random(5)
    for _ in range(60):
        with opened(DEVICE, os.O_RDWR | os.O_NONBLOCK) as session:
            data = bytearray(evaluate("1 + 1") * 3)
            for _ in range(chance.randrange(1, 6)):
                data[chance.randrange(len(data))] = chance.randrange(256)
            try:
                os.write(session, data)
                select.select([session], [], [], 0.02)
                os.read(session, 1 << 16)
            except OSError:
                pass
    with opened(DEVICE) as session:
        equal("after 60 damaged streams", ask(session, evaluate("5")).values, ["5"])


def refusals():
    """Who sends wrong heads and reads no answer makes the kernel keep no more of them than of any other answers."""
    heads = frame(EVAL, reserved=1) * 4096
    sent = 0
    with opened(DEVICE) as session:
        try:
            while sent < 1 << 20:
                sent += os.write(session, heads)
        except OSError as error:
            equal("heads with a reserved field, unread: the session ends", errno.errorcode[error.errno], "EPIPE")
        ok("before they are many", sent < 1 << 20, sent)
        got = b""
        while chunk := os.read(session, 1 << 20):
            got += chunk
        ok("it says why", b"too many answers wait to be read" in got[-200:], got[-200:])
        ok("what waited is bounded", b"reserved field" in got and len(got) < 300 << 10, len(got))
    with opened(DEVICE) as session:
        send(session, frame(INTERRUPT, reserved=1))
        answer = Answer(session)
        ok("an interrupt with one is none", answer.status == 2 and "reserved" in answer.message, answer.status, answer.message)
        equal("and the session goes on", ask(session, evaluate("3")).values, ["3"])


def interrupts():
    with opened(DEVICE) as session:
        for source in ("while true do end", "while true do pcall(function() while true do end end) end",
                       "while true do require('linux').schedule() end", "while true do print('x') end"):
            send(session, evaluate(source))
            time.sleep(0.5)
            with faster(f"INTERRUPT ends {source[:30]}", 3):
                send(session, frame(INTERRUPT))
                answer = Answer(session)
            ok("with status 130", answer.status == 130 and "interrupted" in answer.message, answer.status, answer.message)
            equal("the next request works", ask(session, evaluate("7")).values, ["7"])
        for _ in range(20):
            send(session, frame(INTERRUPT) + evaluate("7") + frame(INTERRUPT))
            answer = Answer(session)
            if answer.status not in (0, 130):
                break
        ok("interrupts around requests", answer.status in (0, 130), answer.status, answer.trouble)
        # Whatever the last of them did, it did to its own request.
        equal("none is left over", [ask(session, evaluate(str(n))).values for n in range(10)], [[str(n)] for n in range(10)])
        send(session, evaluate("while true do end"))
        within(5, lambda: "running" in lunatik("list").stdout)
        name = [line.split()[0] for line in lunatik("list").stdout.splitlines() if "session/" in line][0]
        with faster("stop of a session's runtime ends its request", 3):
            lunatik("stop", name)
            answer = Answer(session)
        ok("which is told", answer.status == 130 and "stopped" in answer.message, answer.status, answer.message)
        equal("and gets a new runtime", ask(session, evaluate("8")).values, ["8"])


def ends():
    """The client goes away in the middle."""
    for name, source in {"a loop": "while true do end", "a sleep": "require('linux').schedule()",
                         "output that nobody reads": "while true do print(('x'):rep(1000)) end",
                         "a loop in pcall": "while true do pcall(function() while true do end end) end",
                         "a long pattern": "return ('a'):rep(30):find(('a?'):rep(30) .. ('a'):rep(30) .. 'b')"}.items():
        with faster(f"close during {name} does not wait", 2):
            with opened(DEVICE) as session:
                send(session, evaluate(source))
                time.sleep(0.3)
        ok(f"nothing is left of {name}", within(3, lambda: "session/" not in lunatik("list").stdout), lunatik("list").stdout)
    with opened(DEVICE) as session:
        send(session, frame(RUN, attribute(NAME, "left") + attribute(SOURCE, "while true do end")))
        within(5, lambda: state("left"))
    ok("a script whose client left while it loads is ended", within(3, lambda: state("left") is None), state("left"))
    with opened(DEVICE) as session:
        ask(session, frame(RUN, attribute(NAME, "stays") + attribute(SOURCE, "x = 1")))
    equal("one that was loaded stays", state("stays"), "ready")
    lunatik("stop", "stays")

    # A file that two processes have: the request ends with the last of them.
    with opened(DEVICE) as session:
        child = os.fork()
        if child == 0:
            time.sleep(0.5)
            os._exit(0)
        send(session, evaluate("require('linux').schedule(800) return 'done'"))
        os.waitpid(child, 0)
        equal("a session that a child shared", Answer(session).values, ["done"])

    # Blocked in read: a signal interrupts the read alone.
    with opened(DEVICE) as session:
        send(session, evaluate("require('linux').schedule(1000) return 'late'"))
        child = os.fork()
        if child == 0:
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
            os.read(session, 100)
            os._exit(1)
        time.sleep(0.3)
        with faster("a signal ends a blocked read", 2):
            os.kill(child, signal.SIGTERM)
            _, status = os.waitpid(child, 0)
        equal("of the process that it was for", os.waitstatus_to_exitcode(status), -signal.SIGTERM)
        equal("the request goes on", Answer(session).values, ["late"])


def large():
    with opened(DEVICE) as session:
        size = 4 << 20
        with faster("a value of 4 MiB", 20):
            answer = ask(session, evaluate(f"('x'):rep({size})"))
        equal("arrives whole", [len(value) for value in answer.values], [size])
        answer = ask(session, evaluate("print(('0123456789abcde\\n'):rep(1 << 18))"))
        ok("output of 4 MiB arrives whole", answer.output == b"0123456789abcde\n" * (1 << 18) + b"\n", len(answer.output))
        answer = ask(session, evaluate("for i = 1, 50000 do print(i) end"))
        ok("50000 lines arrive in order", answer.output == b"".join(b"%d\n" % n for n in range(1, 50001)), len(answer.output))
        answer = ask(session, evaluate("for i = 1, 300 do io = i end local t = {} for i = 1, 200 do t[i] = i end return table.unpack(t)"))
        equal("200 values", answer.values, [str(n) for n in range(1, 201)])
        answer = ask(session, evaluate(f"error(('x'):rep({size}), 0)"))
        ok("an error of 4 MiB", answer.status == 1 and len(answer.message) == size, answer.status, len(answer.message))
    # Several requests of 16 MiB at once.
    results = []

    def one(number):
        with opened(DEVICE) as session:
            results.append(ask(session, evaluate(f"#'{'x' * (8 << 20)}' + {number}")).values)
    threads = [threading.Thread(target=one, args=(number,)) for number in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    equal("three requests of 8 MiB at once", sorted(results), [[str((8 << 20) + number)] for number in range(3)])


def main():
    for part in (right_uses, broken_requests, refusals, interrupts, ends, large):
        part()
    return finish()


sys.exit(main())
