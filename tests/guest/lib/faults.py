# SPDX-License-Identifier: MIT OR GPL-2.0-only
"""The kernel's own allocator fails once (CONFIG_FAILSLAB), at the n-th allocation that has code of ours on its stack, in whatever
context that is: a client's system call, a session's thread, a worker, modprobe, a packet's softirq, the trap of a probe.

`interval` is what can be aimed with: an allocation fails when the kernel's count of them is a multiple of it. Nobody can read or set
that count, but it is zero at first, and known each time after one has failed.
"""

import bisect
import contextlib
import pathlib
import platform
import re

ROOT = pathlib.Path("/sys/kernel/debug/failslab")
# What else is in this kernel is built in, so here are our modules, those that are still being loaded too, and nobody else's.
MODULES = (0xffffffffa0000000, 0xffffffffff000000)
# What the detectors allocate themselves, below each allocation of ours.
DETECTORS = {"kmemleak_object", "kmemleak_scan_area", "debug_objects_cache"}
# More than five operations of a suite's take.
MOST = 20000


def available():
    return (ROOT / "require-start").exists()


def announce(word):
    """What the kernel says of failures in between is no splat (tests/vm/verdict.py)."""
    pathlib.Path("/dev/kmsg").write_text(f"tests: allocations are let fail {word} here\n")


class Faults:
    def __init__(self):
        announce("from")
        self.count, self.interval, self.fired = 0, 0, None
        symbols = [line.split() for line in pathlib.Path("/proc/kallsyms").read_text().splitlines()]
        self.functions = sorted({int(one[0], 16) for one in symbols if one[1] in "tT"})
        self.symbols = {one[2]: int(one[0], 16) for one in symbols if one[1] in "tT"}
        self._write("probability", 0)
        for name, value in (("task-filter", "N"), ("ignore-gfp-wait", "N"), ("cache-filter", "Y"), ("times", 0), ("space", 0), ("verbose", 0),
                            ("stacktrace-depth", 32), ("require-start", hex(MODULES[0])), ("require-end", hex(MODULES[1]))):
            self._write(name, value)
        for cache in pathlib.Path("/sys/kernel/slab").iterdir():
            if cache.name not in DETECTORS and (cache / "failslab").exists():
                (cache / "failslab").write_text("1")
        self._write("probability", 100)

    def _write(self, name, value):
        (ROOT / name).write_text(f"{value}\n")

    def _left(self):
        return int((ROOT / "times").read_text())

    def close(self):
        self._write("times", 0)
        self._write("probability", 0)
        announce("until")

    @contextlib.contextmanager
    def without(self, function):
        """Allocations below this function do not fail meanwhile, and do not count."""
        begin = self.symbols[function]
        self._write("reject-start", hex(begin))
        self._write("reject-end", hex(self.functions[bisect.bisect_right(self.functions, begin)]))
        try:
            yield
        finally:
            self._write("reject-end", 0)
            self._write("reject-start", 0)

    @contextlib.contextmanager
    def at(self, nth):
        """The nth allocation of what the body of the `with` does fails. `fired` says afterwards whether there was one."""
        self.interval = self.count + nth
        self._write("interval", self.interval)
        self._write("times", 1)
        self.fired = None
        try:
            yield
        finally:
            self.fired = self._left() == 0
            self._write("times", 0)
            if self.fired:
                self._counted()

    def _counted(self):
        # With an interval of one the kernel does not count.
        if self.interval > 1:
            self.count = self.interval

    def settle(self, operation):
        """After a body without a failure: repeats what allocates until one comes, since only then the count is known again."""
        for more, times in ((0, 5), (MOST, MOST)):
            # Two CPUs that count at once may have stepped over the number.
            self.interval += more
            self._write("interval", self.interval)
            self._write("times", 1)
            for _ in range(times):
                operation()
                if self._left() == 0:
                    self._counted()
                    return True
        return False
