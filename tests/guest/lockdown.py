#!/usr/bin/python3
# SPDX-License-Identifier: MIT OR GPL-2.0-only
# suite: alone timeout=200
"""A kernel that is locked down while Lunatik is loaded: from then on a script needs a signature that the kernel itself trusts, what
runs goes on, and no address is shown. Lunatik's own modules, unsigned here, do not load any more, and the command says why."""

import os
import pathlib
import re
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), "lib"))
from ktap import equal, finish, install, like, lunatik, ok, run_test, stop
from signing import add, keyring, make_key, signed

LOCKDOWN = pathlib.Path("/sys/kernel/security/lockdown")
directory = pathlib.Path(tempfile.mkdtemp())

if not LOCKDOWN.exists():
    subprocess.run(["mount", "-t", "securityfs", "none", "/sys/kernel/security"], check=False)
if not LOCKDOWN.exists() or "[none]" not in LOCKDOWN.read_text():
    print("# this kernel cannot be locked down, or is so already")
    sys.exit(4)

key = make_key(directory, "ours")
equal("root adds a key", add(keyring(".lunatik"), f"{key}.der"), 0)
script = directory / "l_signed.lua"
script.write_bytes(signed(key, 'print("it runs")\n'))
run_test("l_device", r'''
local syscall = require("syscall")
local address = syscall.address(syscall.number("getppid"))
require("device").new { name = "l_device", read = function()
	return tostring(address) .. " " .. ("%p"):format(address) .. " " .. tostring(print) .. "\n"
end }
''')
run_test("l_probe", 'local n = 0 require("probe").new("__x64_sys_getppid", {pre = function() n = n + 1 '
         'require("lunatik")._ENV.l_hits = n end})', "hardirq")
run_test("l_reader", r'''
require("device").new { name = "l_reader", read = function() return tostring(require("lunatik")._ENV.l_hits) .. "\n" end }
''')


def said(device):
    file = os.open(f"/dev/{device}", os.O_RDONLY)
    try:
        return os.read(file, 200).decode()
    finally:
        os.close(file)


def try_all(level, wanted):
    """What runs, or is refused, at this level."""
    for what, words in (("a script", ("run", str(script.with_name("l_plain.lua")))), ("code", ("run", "-e", 'print("it runs")')),
                        ("an installed one", ("run", "test/l_plain")), ("a spawned one", ("spawn", "test/l_plain"))):
        result = lunatik(*words)
        stop("test/l_plain")
        stop(str(script.with_name("l_plain.lua")))
        if wanted:
            ok(f"{level}: {what} runs", "it runs" in result.stdout, result.stderr)
        else:
            equal(f"{level}: {what} is refused", result.returncode, 4)
            like(f"{level}: {what}: and says why", result.stderr, "not signed, and only signed scripts may run here")
    result = lunatik("run", str(script))
    stop(str(script))
    if wanted:
        ok(f"{level}: one that root's own key signed runs", "it runs" in result.stdout, result.stderr)
    else:
        equal(f"{level}: one that root's own key signed is refused", result.returncode, 4)
        like(f"{level}: and says why", result.stderr, "ENOKEY: signed with a key that is not trusted here")
    for word in said("l_device").replace("userdata:", "").replace("function:", "").replace("builtin:", "").split():
        ok(f"{level}: {word} is no address", not re.search("(?i)ffff[0-9a-f]{8}", word))
    before = int(said("l_reader"))
    os.getppid()
    equal(f"{level}: the probe goes on", int(said("l_reader")) - before, 1)


script.with_name("l_plain.lua").write_text('print("it runs") return function() end\n')
install("l_plain", 'print("it runs") return function() end\n')
os.getppid()
try_all("none", True)
for level in ("integrity", "confidentiality"):
    LOCKDOWN.write_text(level)
    ok(f"the kernel is locked down: {level}", f"[{level}]" in LOCKDOWN.read_text())
    try_all(level, False)
like("the kernel says so too", subprocess.run("dmesg", capture_output=True, text=True).stdout,
     r"Lockdown: .*: unsigned module loading is restricted")
like("lunatik doctor says so", lunatik("doctor").stdout, "lockdown")
for name in ("test/l_device", "test/l_probe", "test/l_reader"):
    equal(f"{name} is stopped", stop(name), 0)
equal("the modules are removed", lunatik("unload").returncode, 0)
result = lunatik("load")
equal("unsigned modules do not load", result.returncode, 4)
like("and the command says why", result.stderr, "locked down and takes signed modules only")
sys.exit(finish())
