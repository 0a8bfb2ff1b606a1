# SPDX-License-Identifier: MIT OR GPL-2.0-only
"""Runs the scripts of tests/hostile in process context, by the command line: each ends as its second line says, and hurts nobody.

`-- expect: ok`, `-- expect: error: part of the message`, or `-- expect: stopped`: it runs for ever. Such a one is run
twice: ended by `lunatik stop` from another terminal, and by Ctrl-C.
"""

import os
import pathlib
import re
import signal
import subprocess
import time

from frames import value_of
from ktap import SLOW, finish, lunatik, ok, state, within

SCRIPTS = pathlib.Path(__file__).resolve().parents[2] / "hostile"
# The promise is one second; an emulated processor that others share gets three.
LIMIT = 3
# Only scripts whose name contains this.
PATTERN = os.environ.get("HOSTILE_PATTERN", "")
# How long a script may need that ends by itself.
PATIENCE = 60
# What eats memory has less of it where each block takes the detectors their time.
CAP = ("--maxalloc", "8M") if SLOW > 1 else ()


def ends_by_itself(path, status, message):
    begin = time.monotonic()
    result = lunatik("run", str(path), *(CAP if path.stem.startswith("memory-") else ()), limit=PATIENCE)
    if result.returncode is None:
        ok(path.stem, False, result.stderr, f"stop: {lunatik('stop', path.stem)}")
        return
    took = time.monotonic() - begin
    lunatik("stop", path.stem) if result.returncode == 0 else None
    alive = value_of("6 * 7")
    # What a class' constructor lacks is an errno.
    said = message in result.stderr or message == "not enough memory" and "lunatik: ENOMEM" in result.stderr
    ok(path.stem, result.returncode in status and said and alive == "42" and state(path.stem) is None,
       f"status {result.returncode}, wanted {status}; {took:.1f} s", f"wanted {message!r}", result.stderr[:1000],
       f"another runtime says {alive!r}; its state is {state(path.stem)}")


def is_ended(path, how):
    name = path.stem
    client = subprocess.Popen(["lunatik", "run", str(path)], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, text=True, errors="replace")
    within(10, lambda: state(name) is not None or client.poll() is not None)
    time.sleep(0.3)
    trouble = []
    if client.poll() is not None:
        trouble.append("it ended by itself")
    begin = time.monotonic()
    if value_of("6 * 7") != "42" or time.monotonic() - begin > LIMIT * SLOW:
        trouble.append(f"another runtime did not answer in time: {time.monotonic() - begin:.2f} s")
    begin = time.monotonic()
    if how == "stop":
        result = lunatik("stop", name, limit=PATIENCE)
        if result.returncode and client.poll() is None:
            trouble.append(f"stop: {result.stderr}")
    else:
        client.send_signal(signal.SIGINT)
    try:
        err = client.communicate(timeout=PATIENCE)[1]
    except subprocess.TimeoutExpired:
        trouble.append("the client does not end")
        client.kill()
        err = client.communicate()[1]
    took = time.monotonic() - begin
    if took > LIMIT * SLOW:
        trouble.append(f"it took {took:.2f} s")
    if client.returncode != 130 or not re.search("stopped|interrupted", err):
        trouble.append(f"status {client.returncode}: {err[:300]}")
    if not within(LIMIT, lambda: state(name) is None):
        trouble.append(f"it is still {state(name)}")
        lunatik("stop", name)
    ok(f"{name}: {how}", not trouble, *trouble)


def run(*patterns, directory="process"):
    for pattern in patterns:
        for path in sorted((SCRIPTS / directory).glob(pattern + ".lua")):
            text = path.read_text(errors="replace")
            where = re.search(r"^-- in: (.*)$", text, re.M)
            if where and "process" not in where[1].split() or PATTERN not in path.stem:
                continue
            expected = re.search(r"^-- expect: (.*)$", text, re.M)[1]
            if expected == "stopped":
                is_ended(path, "stop")
                is_ended(path, "Ctrl-C")
            elif expected == "ok":
                ends_by_itself(path, (0,), "")
            else:
                message = expected.partition("error: ")[2]
                ends_by_itself(path, (7,) if message == "not enough memory" else (1,) if message else (1, 7), message)
    return finish()
