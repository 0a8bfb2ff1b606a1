# SPDX-License-Identifier: MIT OR GPL-2.0-only
"""What the programs of tests/vm share: where things are, and how a program of ours ends on an error."""

import contextlib
import fcntl
import os
import pathlib
import subprocess
import sys

TREE = pathlib.Path(__file__).resolve().parents[2]
BUILD = TREE / "build"
CACHE = pathlib.Path(
    os.environ.get("LUNATIK_CACHE")
    or pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache") / "lunatik"
)


class Trouble(Exception):
    """Something the user can do something about; its text is the one line that is shown."""


def say(text):
    """Talks on stderr: stdout belongs to what the program prints or streams."""
    print(text, file=sys.stderr, flush=True)


def run(*argv, **kwargs):
    """Runs a tool to its end and returns its stdout; a tool that is missing or fails is Trouble with its last words."""
    argv = [str(word) for word in argv]
    try:
        done = subprocess.run(argv, check=True, text=True, stdin=subprocess.DEVNULL, capture_output=True, **kwargs)
    except FileNotFoundError:
        raise Trouble(f"{argv[0]} is not installed: run tests/vm/deps") from None
    except subprocess.CalledProcessError as error:
        last = (error.stderr or error.stdout).strip().splitlines()[-1:] or ["no message"]
        raise Trouble(f"`{' '.join(argv)}` failed: {last[0]}") from None
    return done.stdout


@contextlib.contextmanager
def locked(path):
    """Holds an exclusive lock on `path`, so that two guests starting at once prepare a thing once."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def program(main, failure=1):
    """Runs main() as a program: Trouble becomes one line on stderr and the exit status `failure`."""
    name = pathlib.Path(sys.argv[0]).name
    try:
        sys.exit(main())
    except Trouble as trouble:
        say(f"{name}: {trouble}")
        sys.exit(failure)
    except KeyboardInterrupt:
        sys.exit(130)
