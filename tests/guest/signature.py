#!/usr/bin/python3
# SPDX-License-Identifier: MIT OR GPL-2.0-only
# suite: core timeout=300
"""Signed scripts: with require_signature nothing runs that is not signed with a key that is trusted, by whatever way it comes."""

import ctypes
import errno
import os
import pathlib
import re
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), "lib"))
from ktap import SCRIPTS, equal, errno_of, finish, like, lunatik, ok, stop
from signing import KEYCTL, LINK, MARK, RESTRICT, UNLINK, add, add_keyring, keyring, libc, make_key, signature, signed, trailer

REQUIRE = pathlib.Path("/sys/module/lunatik/parameters/require_signature")
directory = pathlib.Path(tempfile.mkdtemp())
directory.chmod(0o755)


def put(name, content):
    path = SCRIPTS / f"{name}.lua"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())


def local(name, content):
    path = directory / f"{name}.lua"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def run(name, *words):
    result = lunatik("run", name, *words, limit=60)
    if result.returncode == 0:
        stop(pathlib.Path(name).name.removesuffix(".lua") if "/" in name and name[0] == "/" else name)
    return result


def runs(what, result, output=""):
    ok(f"{what}: runs", result.returncode == 0 and output in result.stdout, result.stdout, result.stderr)


def refused(what, result, pattern):
    good = ok(f"{what}: is refused", result.returncode == 4, result.returncode, result.stdout, result.stderr)
    if good:
        like(f"{what}: and says why", result.stderr, pattern)
    equal(f"{what}: nothing ran", "it runs" in result.stdout, False)


UNSIGNED = "not signed, and only signed scripts may run here"
TEXT = 'print("it runs")\n'
ours, other = make_key(directory, "ours"), make_key(directory, "other")
good = signed(ours, TEXT)


def free():
    """Nothing is required: signed and unsigned scripts run, and the signature is none of the text."""
    put("s_good", good)
    put("s_other", signed(other, TEXT))
    put("s_plain", TEXT)
    put("s_module", signed(ours, "return 'a module'\n"))
    put("s_both", signed(ours, f"print(require('test.s_module'), dofile('{SCRIPTS}/s_module.lua'))\n"))
    for name in ("s_good", "s_other", "s_plain"):
        runs(name, run(f"test/{name}"), "it runs")
    runs("requires a signed one", run("test/s_both"), "a module\ta module")
    runs("a file", run(str(local("s_file", good))), "it runs")
    equal("a signed one is checked", lunatik("check", str(local("s_file", good))).returncode, 0)
    equal("a signature that is none is none", lunatik("run", str(local("s_wrong", TEXT.encode() + MARK))).returncode, 1)


def keys():
    ring = keyring(".lunatik")
    ok("there is a keyring", ring)
    equal("root adds a key", add(ring, f"{ours}.der"), 0)
    equal("what is no certificate is none", add(ring, f"{ours}.key"), errno.EBADMSG)
    done = subprocess.run(["setpriv", "--reuid", "65534", "--clear-groups", sys.executable, "-c",
                           f"import sys; sys.path.insert(0, {os.path.dirname(os.path.realpath(__file__)) + '/lib'!r})\n"
                           f"import signing; print(signing.add({ring}, {f'{other}.der'!r}))"],
                          capture_output=True, text=True, check=False)
    equal("another user adds none", (done.stdout.strip(), done.stderr), (str(errno.EACCES), ""))
    beside = add_keyring("beside", -3)
    equal("root puts a keyring there", libc.syscall(KEYCTL, LINK, ctypes.c_int(beside), ctypes.c_int(ring)), 0)
    REQUIRE.write_text("1")
    equal("it is required", REQUIRE.read_text().strip(), "Y")
    equal("it cannot be taken back", errno_of(REQUIRE.write_text, "0"), "EPERM")
    equal("nor made senseless", errno_of(REQUIRE.write_text, "maybe"), "EINVAL")
    REQUIRE.write_text("1")
    equal("it is still required", REQUIRE.read_text().strip(), "Y")
    equal("now nobody adds a key", add(ring, f"{other}.der"), errno.EPERM)
    equal("to the keyring that was put there somebody does", add(beside, f"{other}.der"), 0)
    like("it is there still", pathlib.Path("/proc/keys").read_text(), r"keyring +\.lunatik: 2\n")
    put("s_other", signed(other, TEXT))
    refused("but what that key signed", run("test/s_other"), "ENOKEY: signed with a key that is not trusted here")


def required():
    runs("a signed one", run("test/s_good"), "it runs")
    runs("a signed one in a softirq runtime", run("test/s_good", "softirq"), "it runs")
    runs("a signed one on each CPU", run("test/s_good", "softirq", "percpu"), "it runs")
    runs("a signed file", run(str(local("s_file", good))), "it runs")
    piped = subprocess.run(["lunatik", "run", "-"], input=good, capture_output=True, check=False)
    ok("signed text on standard input: runs", piped.returncode == 0 and b"it runs" in piped.stdout, piped)
    runs("a signed one that requires a signed one", run("test/s_both"), "a module\ta module")
    runs("a signed one that loads text of its own", run(str(local("s_load", signed(ours, 'load("print(\'it runs\')")()')))), "it runs")
    refused("unsigned", run("test/s_plain"), UNSIGNED)
    refused("unsigned file", run(str(local("s_file", TEXT))), UNSIGNED)
    refused("unsigned, to be spawned", lunatik("spawn", "test/s_plain"), UNSIGNED)
    refused("code of the command line", lunatik("run", "-e", 'print("it runs")'), UNSIGNED)
    refused("an expression", lunatik("run", "-e", "1"), UNSIGNED)
    refused("standard input", lunatik("run", "-", source=TEXT), UNSIGNED)
    refused("nothing", run(str(local("s_empty", ""))), UNSIGNED)
    repl = subprocess.run(["lunatik"], input='print("it runs")\n', capture_output=True, text=True, check=False)
    ok("a prompt", "it runs" not in repl.stdout and UNSIGNED in repl.stderr + repl.stdout, repl.stdout, repl.stderr)
    lunatik("state", "create", "s_state")
    refused("code of a state", lunatik("state", "exec", "s_state", 'print("it runs")'), UNSIGNED)
    lunatik("state", "close", "s_state")
    refused("another key's", run("test/s_other"), "ENOKEY: signed with a key that is not trusted here")
    changed = signed(ours, TEXT).replace(b"it runs", b"it Runs")
    refused("another text's", run(str(local("s_changed", changed))), "EKEYREJECTED: the signature is of another text")
    made = signature(ours, TEXT.encode())
    for what, ending in (("too long a signature", trailer(1 << 31)), ("longer than the file", trailer(len(made) + 1000)),
                         ("of another kind", trailer(len(made), 1)), ("no trailer", MARK)):
        refused(what, run(str(local("s_bad", TEXT.encode() + made + ending))), "EBADMSG")
    for what, ending in (("an empty signature", trailer(0)), ("junk", b"junk" * 50 + trailer(200))):
        refused(what, run(str(local("s_junk", TEXT.encode() + ending))), "EBADMSG|cannot be checked")
    refused("text after the signature", run(str(local("s_after", good + TEXT.encode()))), UNSIGNED)
    # Every way from a signed script to a file.
    for what, code in (("require", "require('test.s_plain')"), ("dofile", f"dofile('{SCRIPTS}/s_plain.lua')"),
                       ("loadfile", f"assert(loadfile('{SCRIPTS}/s_plain.lua'))()"),
                       ("lunatik.runtime", "require('lunatik').runtime('test/s_plain')")):
        result = run(str(local("s_way", signed(ours, code))))
        ok(f"{what} of an unsigned one: fails", result.returncode and "it runs" not in result.stdout, result.stdout)
        like(f"{what} of an unsigned one: and says why", result.stderr, UNSIGNED)
    equal("what does not run may be looked at", lunatik("check", str(local("s_file", TEXT))).returncode, 0)


def documented():
    """What docs/safety.md says makes a signature does."""
    page = (pathlib.Path(__file__).resolve().parents[2] / "docs/safety.md").read_text()
    function = page.partition("```bash\n")[2].partition("```")[0]
    path = local("s_documented", TEXT)
    done = subprocess.run(["bash", "-c", function + f"\nsign {path} {ours}.key {ours}.pem"], capture_output=True, text=True, check=False)
    equal("the page's way to sign", (done.returncode, done.stderr), (0, ""))
    runs("what it signed", run(str(path)), "it runs")
    equal("it is what sign-file would have made", path.read_bytes(), good)


def kernels_own():
    """The debug kernel's own key is at hand."""
    if not os.uname().release.endswith("-debug"):
        return
    tree = pathlib.Path(__file__).resolve().parents[2]
    build = subprocess.run([tree / "tests/vm/kernel", "debug", "--print", "kdir"], capture_output=True, text=True, check=False).stdout.strip()
    pem = pathlib.Path(build) / "certs/signing_key.pem"
    own = directory / "kernel"
    for ending in ("key", "pem"):
        own.with_suffix(f".{ending}").write_bytes(pem.read_bytes())
    runs("one that the kernel's own key signed", run(str(local("s_kernel", signed(own, TEXT)))), "it runs")


def anew():
    """A module that is loaded anew has no keys; with the parameter from the beginning none can be added."""
    lunatik("unload")
    subprocess.run(["modprobe", "lunatik", "require_signature=1"], check=True)
    equal("required from the beginning", REQUIRE.read_text().strip(), "Y")
    equal("no key can be added", add(keyring(".lunatik"), f"{ours}.der"), errno.EPERM)
    refused("so no key of root's counts", run("test/s_good"), "ENOKEY")
    lunatik("unload")
    lunatik("load")
    ring, trusted = keyring(".lunatik"), add_keyring("trusted", -3)
    own = [add(trusted, f"{key}.der") for key in (ours, other)]
    restriction = f"key_or_keyring:{trusted}".encode()
    equal("root restricts the keyring first", libc.syscall(KEYCTL, RESTRICT, ctypes.c_int(ring), b"asymmetric", restriction), 0)
    equal("to certificates that one of these signed", own + [add(ring, f"{ours}.der")], [0, 0, 0])
    REQUIRE.write_text("1")
    equal("such a one can still be added", add(ring, f"{other}.der"), 0)
    runs("signed with what was there before", run("test/s_good"), "it runs")
    refused("signed with what was added", run("test/s_other"), "ENOKEY")
    key = int(re.search(r"^([0-9a-f]+) .* asymmetri +CN=ours|^([0-9a-f]+) .* asymmetri.*ours", pathlib.Path("/proc/keys").read_text(), re.M)[0].split()[0], 16)
    equal("root takes a key out", libc.syscall(KEYCTL, UNLINK, ctypes.c_int(key), ctypes.c_int(ring)), 0)
    refused("what it signed then", run("test/s_good"), "ENOKEY")
    lunatik("unload")
    ok("the keyring is gone", not keyring(".lunatik"))
    lunatik("load")
    equal("nothing is required of the next one", REQUIRE.read_text().strip(), "N")


free()
keys()
required()
documented()
kernels_own()
anew()
sys.exit(finish())
