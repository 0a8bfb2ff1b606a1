#!/usr/bin/python3
# SPDX-License-Identifier: MIT OR GPL-2.0-only
# suite: core timeout=200
"""Readers of Lua devices that wait: for a callback that sleeps or loops, for each other, for themselves."""

import os
import signal
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), "lib"))
from ktap import equal, faster, finish, like, ok, opened, run_script, state, stop, within


def read(name):
    with opened(f"/dev/{name}", os.O_RDONLY) as descriptor:
        return os.read(descriptor, 4096)


def reader_that_waits(name):
    """A reader of a device whose script is busy: it has the file open, and comes no further."""
    process = subprocess.Popen(["cat", f"/dev/{name}"], stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def has_it():
        descriptors = f"/proc/{process.pid}/fd"
        # A descriptor may be closed meanwhile, which realpath() does not mind.
        return any(os.path.realpath(f"{descriptors}/{one}") == f"/dev/{name}" for one in os.listdir(descriptors))
    within(10, has_it)
    time.sleep(0.3)
    return process


def blocking():
    """Readers that wait: for a callback that sleeps, that loops, and for each other."""
    run_script("slow", r"""
        local device, linux = require("device"), require("linux")
        device.new { name = "t_slow", n = 0, read = function(self, _, offset)
            if offset > 0 then return end
            self.n = self.n + 1
            linux.schedule(500)
            return tostring(self.n)
        end }
        device.new { name = "t_loop", read = function() while true do end end }
        device.new { name = "t_sleep", read = function() linux.schedule() return "awake" end }
        device.new { name = "t_idle", read = function() linux.schedule(nil, linux.task.IDLE) return "awake" end }
        device.new { name = "t_pcall", read = function()
            while true do pcall(function() while true do end end) end end }
        device.new { name = "t_quick", read = function(_, _, offset) return offset == 0 and "quick" or "" end }
    """)
    begin = time.monotonic()
    slow = [subprocess.Popen(["cat", "/dev/t_slow"], stdout=subprocess.PIPE) for _ in range(2)]
    answers = sorted(process.communicate()[0] for process in slow)
    equal("two readers of a callback that sleeps get an answer each", answers, [b"1", b"2"])
    ok("one after the other", time.monotonic() - begin > 0.8)

    def starts(name, *readers):
        processes = [subprocess.Popen(["cat", f"/dev/{name}"], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
                     for _ in readers or (1,)]
        within(5, lambda: state("slow") == "running")
        return processes

    for name in ("t_loop", "t_sleep", "t_pcall"):
        for number in (signal.SIGINT, signal.SIGKILL):
            reader, = starts(name)
            with faster(f"{number.name} ends a reader inside {name}", 3):
                reader.send_signal(number)
                reader.communicate()
            equal(f"{number.name} is what ended it", reader.returncode, -number)
            with faster("the device's script lives on", 5):
                equal("and answers", read("t_quick"), b"quick")

    inside, = starts("t_loop")
    waiting = reader_that_waits("t_quick")
    with faster("a reader that waits for another can be interrupted", 3):
        waiting.send_signal(signal.SIGINT)
        waiting.communicate()
    equal("by SIGINT", waiting.returncode, -signal.SIGINT)
    waiting = reader_that_waits("t_quick")
    with faster("stop ends a script that loops in a callback", 3):
        equal("stop", stop("slow"), 0)
    with faster("both readers end", 2):
        said = inside.communicate()[1], waiting.communicate()[1]
    like("the one inside gets an error", said[0].decode(), "Operation canceled|No such device or address")
    like("the one that waited gets ENXIO", said[1].decode(), "No such device or address")

    for name in ("t_sleep", "t_idle"):
        run_script("slow", f"""
            local device, linux = require("device"), require("linux")
            device.new {{ name = "{name}", read = function()
                linux.schedule({'nil, linux.task.IDLE' if name == 't_idle' else ''}) return "awake" end }}
        """)
        inside, = starts(name)
        with faster(f"stop ends a callback that sleeps for ever: {name}", 3):
            equal("stop", stop("slow"), 0)
        inside.communicate()
    equal("nothing is left of it", state("slow"), None)


def crossing():
    """Two scripts that open each other's device from their own callbacks: an error somewhere, but an end."""
    for one, other in (("a", "b"), ("b", "a")):
        run_script(f"cross_{one}", f"""
            local device, linux = require("device"), require("linux")
            device.new {{ name = "t_cross_{one}", open = function() end, read = function(_, _, offset)
                if offset > 0 then return end
                linux.schedule(300)
                local f, message = loadfile("/dev/t_cross_{other}")
                return tostring(message)
            end }}
        """)
    readers = [subprocess.Popen(["cat", f"/dev/t_cross_{name}"], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
               for name in "ab"]
    ended = within(5, lambda: all(reader.poll() is not None for reader in readers))
    ok("two readers of scripts that open each other's device end", ended)
    with faster("both scripts can be stopped", 6):
        stops = [stop("cross_a"), stop("cross_b")]
    equal("without trouble", stops, [0, 0])
    for reader in readers:
        reader.kill()
        reader.communicate()


def main():
    blocking()
    crossing()
    return finish()


sys.exit(main())
