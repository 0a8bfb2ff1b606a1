# SPDX-License-Identifier: MIT OR GPL-2.0-only
"""A person at a terminal, for suites: types, and reads what is shown."""

import fcntl
import os
import pty
import re
import select
import struct
import termios
import time

from frames import SLOW
from ktap import ok


class Terminal:
    """The command line, or another program, on a terminal of its own. A variable that is None is not set."""

    def __init__(self, *arguments, program="lunatik", **environment):
        self.pid, self.descriptor = pty.fork()
        if self.pid == 0:
            variables = {"TERM": "vt100", "HOME": "/tmp/repl-home", "NO_COLOR": "1", **environment}
            for name, value in variables.items():
                if value is None:
                    os.environ.pop(name, None)
                else:
                    os.environ[name] = value
            os.execvp(program, [program, *arguments])
        self.seen = ""

    def resize(self, rows, columns):
        fcntl.ioctl(self.descriptor, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def echoes(self):
        """Whether the terminal itself shows what is typed."""
        return bool(termios.tcgetattr(self.descriptor)[3] & termios.ECHO)

    def type(self, text):
        os.write(self.descriptor, text.encode())

    def expect(self, pattern, seconds=10):
        """Reads until the pattern comes; returns what came before and with it, or None."""
        until = time.monotonic() + seconds * SLOW
        while time.monotonic() < until:
            if match := re.search(pattern, self.seen):
                before, self.seen = self.seen[:match.end()], self.seen[match.end():]
                return before
            if select.select([self.descriptor], [], [], 0.1)[0]:
                try:
                    more = os.read(self.descriptor, 65536)
                except OSError:
                    more = b""
                if not more:
                    return None
                # Colours and cursor movements are not what is read here.
                self.seen += re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]|\x1b[=>]|\r", "", more.decode(errors="replace"))
        return None

    def says(self, name, pattern, seconds=10):
        ok(name, self.expect(pattern, seconds) is not None, f"wanted {pattern!r}", f"got {self.seen[-1000:]!r}")

    def leave(self):
        """Ends a REPL by Ctrl-D, which is lost where no prompt is there yet; its exit status."""
        self.expect(r"> \Z")
        self.type("\x04")
        return self.end()

    def end(self, seconds=5):
        """The exit status, or None if it does not end."""
        until = time.monotonic() + seconds * SLOW
        while time.monotonic() < until:
            self.expect("no such words will come", 0.05)
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                os.close(self.descriptor)
                return os.waitstatus_to_exitcode(status)
        os.kill(self.pid, 9)
        os.waitpid(self.pid, 0)
        os.close(self.descriptor)
        return None
