#!/usr/bin/python3
# SPDX-License-Identifier: MIT OR GPL-2.0-only
# suite: debug timeout=200
"""The example spyglass: keys typed on the guest's keyboard appear in /dev/spyglass, and at nc."""

import os
import pathlib
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), "lib"))
import keys
from ktap import equal, finish, like, lunatik, ok, stop, within

DEVICE = pathlib.Path("/dev/spyglass")


def read():
    return subprocess.run(["cat", DEVICE], capture_output=True, text=True).stdout


def say(text):
    return subprocess.run(["sh", "-c", f"echo '{text}' >{DEVICE}"], capture_output=True, text=True)


ok("the guest has a keyboard and QEMU's monitor", keys.there())
result = lunatik("run", "examples/spyglass")
equal("it runs", (result.returncode, result.stderr), (0, ""))
keys.press("l", "u", "a", "shift-z", "1", "delete", "backspace", "ret")
time.sleep(0.3)
like("what was typed", read(), r"^luaZ1.*<del><nl>$")
equal("is given once", read(), "")
say("enable=false")
keys.press("x")
equal("nothing while it is disabled", read(), "")
say("enable=true")
keys.press("y")
equal("enabled again", read(), "y")
with tempfile.TemporaryFile() as heard:
    listener = subprocess.Popen(["nc", "-n", "-lu", "-p", "1337", "127.0.0.1"] if "traditional" in os.path.realpath("/bin/nc")
                                else ["nc", "-lu", "127.0.0.1", "1337"], stdout=heard, stdin=subprocess.DEVNULL)
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    time.sleep(1)
    equal("net= is taken", say("net=127.0.0.1:1337").returncode, 0)
    keys.press("n", "e", "t")
    equal("the device still tells", read(), "net")

    def said():
        heard.seek(0)
        return heard.read()
    ok("nc hears it", within(5, lambda: said() == b"net"), said())
    listener.kill()
    listener.wait()
for wrong in ("net=nowhere", "net=999.2.3.4:1337", "net=127.0.0.1:99999999", "net=1.2:5", "net=", "enable=perhaps", "foo", "foo=bar"):
    ok(f"refused: {wrong}", say(wrong).returncode != 0)
keys.press("k")
equal("what is typed is not lost", read(), "k")
reader = subprocess.Popen(["tail", "-f", DEVICE], stdout=subprocess.PIPE)
keys.press("f")
os.set_blocking(reader.stdout.fileno(), False)
ok("tail -f follows", within(8, lambda: b"f" in (reader.stdout.read() or b"")))
reader.kill()
reader.wait()
equal("it stops", stop("examples/spyglass"), 0)
sys.exit(finish())
