# SPDX-License-Identifier: MIT OR GPL-2.0-only
"""What a suite written in Python shares: reports of its tests as KTAP, and scripts in the kernel to try them on."""

import contextlib
import errno
import os
import pathlib
import re
import subprocess
import time

import frames
from frames import SLOW

SCRIPTS = pathlib.Path("/lib/modules/lua/test")

_number = _failed = 0
print("KTAP version 1", flush=True)
SCRIPTS.mkdir(parents=True, exist_ok=True)


def ok(name, good, *said):
    global _number, _failed
    _number += 1
    if not good:
        _failed += 1
        for line in said:
            print("# " + str(line).replace("\n", "\n#   "))
    print(f"{'ok' if good else 'not ok'} {_number} - {name}", flush=True)
    return bool(good)


def equal(name, got, wanted):
    return ok(name, got == wanted, f"got    {got!r:.2000}", f"wanted {wanted!r:.2000}")


def like(name, got, pattern):
    return ok(name, re.search(pattern, got), f"got    {got!r:.2000}", f"wanted a match of {pattern!r}")


def raises(name, wanted, function, *arguments):
    """The system call fails with this errno, given by its name."""
    return equal(name, errno_of(function, *arguments), wanted)


def errno_of(function, *arguments):
    try:
        return f"no error: {function(*arguments)!r}"
    except OSError as error:
        return errno.errorcode.get(error.errno, str(error))


def finish():
    print(f"1..{_number}")
    return 1 if _failed else 0


def lunatik(*arguments, source=None, limit=20):
    """Runs the command line; `source` is its standard input. The result has returncode (None: it did not end in time),
    stdout and stderr."""
    command = ["lunatik", *arguments]
    try:
        return subprocess.run(command, input=source if source is not None else "", text=True, errors="replace",
                              capture_output=True, timeout=limit * SLOW)
    except subprocess.TimeoutExpired as expired:
        return subprocess.CompletedProcess(command, None, (expired.stdout or b"").decode(errors="replace"),
                                           f"no answer within {limit * SLOW} s")


def start(*arguments, source=None):
    """Starts the command line and goes on."""
    process = subprocess.Popen(["lunatik", *arguments], text=True, errors="replace", stdin=subprocess.PIPE,
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    if source is not None:
        process.stdin.write(source)
    process.stdin.close()
    process.stdin = None
    return process


def run_script(name, source):
    """Runs source text as a runtime of that name; says so if that fails."""
    result = lunatik("run", "-", "--name", name, source=source)
    if result.returncode:
        ok(f"run {name}", False, result.stdout, result.stderr)
    return result


def install(name, source):
    """Installs a script that `lunatik run test/NAME` and require("test.NAME") find."""
    path = SCRIPTS / f"{name}.lua"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(source)


def run_test(name, source, context="process"):
    """Installs a script and runs it. One that tries a whole library has more to do than a command."""
    install(name, source)
    return lunatik("run", f"test/{name}", context, limit=100)


def evaluate(source):
    """What a chunk returns, as text; or its error."""
    result = lunatik("run", "-e", source)
    return result.stdout.strip() if result.returncode == 0 else result.stderr.strip()


def shared(key):
    """A field of the table all runtimes share."""
    return evaluate(f'return require("lunatik")._ENV.{key}')


def lua_suite(name):
    """Runs lib/NAME.lua in the kernel, which reports with lib/ktap.lua, as one test with subtests."""
    for path in pathlib.Path(__file__).parent.glob("*.lua"):
        install(path.stem, path.read_text())
    print("  KTAP version 1", flush=True)
    result = lunatik("run", f"test/{name}", limit=100)
    print("".join(f"  {line}\n" for line in result.stdout.splitlines()), end="", flush=True)
    ok(f"{name}.lua", result.returncode == 0, result.stderr)
    stop(f"test/{name}")


def stop(name):
    return lunatik("stop", name).returncode


def state(name):
    """What a runtime does, as `lunatik list` shows it, or None."""
    return frames.runtimes().get(name)


@contextlib.contextmanager
def unhurried(always=False):
    """For suites that look at what handlers do, not at how long that takes: with a detector on every step they have a larger budget; so
    has always what takes much of it."""
    lunatik("load")
    budget = pathlib.Path("/sys/module/lunatik/parameters/budget")
    usual = budget.read_text()
    if SLOW > 1 or always:
        budget.write_text("5000")
    try:
        yield
    finally:
        budget.write_text(usual)


def within(seconds, condition):
    """Whether the condition comes true in that time."""
    until = time.monotonic() + seconds * SLOW
    while time.monotonic() < until:
        if condition():
            return True
        time.sleep(0.02)
    return bool(condition())


@contextlib.contextmanager
def faster(name, seconds):
    """What happens inside takes less than that."""
    begin = time.monotonic()
    yield
    took = time.monotonic() - begin
    ok(name, took < seconds * SLOW, f"took {took:.2f} s, limit {seconds * SLOW} s")


@contextlib.contextmanager
def opened(path, flags=os.O_RDWR):
    descriptor = os.open(path, flags)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def one_cpu():
    """Takes the second CPU away, where there is one: while another one puts a kprobe in or takes it out, an emulated CPU that runs
    there may jump to address 0, whoever's kprobe it is."""
    other = pathlib.Path("/sys/devices/system/cpu/cpu1/online")
    if not other.exists() or other.read_text().strip() == "0":
        yield
        return
    other.write_text("0")
    try:
        yield
    finally:
        other.write_text("1")
