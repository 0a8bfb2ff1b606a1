#!/usr/bin/python3
# SPDX-License-Identifier: MIT OR GPL-2.0-only
# suite: timeout=300
"""Every verb with --json, where it succeeds and where it fails: the answers are valid against the installed schema
(docs/schema/lunatik.schema.json), and what is not as the schema says is refused by it."""

import copy
import json
import os
import pathlib
import re
import select
import signal
import subprocess
import sys
import tempfile
import threading

import jsonschema

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), "lib"))
from ktap import SLOW, equal, finish, install, lunatik, ok, start, stop, within

TREE = pathlib.Path(__file__).resolve().parents[2]
SOURCE = TREE / "docs" / "schema" / "lunatik.schema.json"
INSTALLED = pathlib.Path("/usr/local/share/lunatik/lunatik.schema.json")
SCHEMA = json.loads(INSTALLED.read_text())

# What answered with which exit statuses, by verb, and one answer of each definition, to be damaged.
answered = {}
samples = {}
# Definitions of what one verb does, by that verb: its own takes those answers too.
PARTS = {f"state-{action}": "state" for action in ("create", "exec", "list", "close")}
PARTS |= {f"xdp-{operation}": "xdp" for operation in ("load", "unload", "list")}


def validator(definition):
    return jsonschema.Draft202012Validator({**SCHEMA, "anyOf": [{"$ref": f"#/$defs/{definition}"}]})


def judge(definition, name, text, status, err="", wanted=None):
    """The text is one answer, valid against the definition and against the whole, with the exit status in it."""
    try:
        answer = json.loads(text)
    except ValueError as error:
        return ok(name, False, error, text[:1000], err)
    definitions = [definition, PARTS[definition]] if definition in PARTS else [definition]
    checks = [validator(one) for one in definitions] + [jsonschema.Draft202012Validator(SCHEMA)]
    complaints = [error.message for one in checks for error in one.iter_errors(answer)]
    for one in definitions:
        answered.setdefault(one, set()).add(status)
    # A failure is the same for all; a sample is what only this verb says.
    if set(answer) != {"status", "error"}:
        samples.setdefault(definition, answer)
    good = not complaints and not err and (wanted is None or status == wanted) and answer.get("status", 0) == status
    return ok(name, good, *complaints, f"status {status}, wanted {wanted}", answer, err)


def asks(definition, wanted, *words, source=None):
    result = lunatik("--json", *words, source=source)
    judge(definition, f"{' '.join(words) or 'no verb'}: {wanted}", result.stdout, result.returncode, result.stderr, wanted)


def nobody(definition, wanted, words):
    result = subprocess.run(["su", "nobody", "-s", "/bin/sh", "-c", f"lunatik -j {words}"], text=True, capture_output=True,
                            stdin=subprocess.DEVNULL, timeout=60 * SLOW)
    judge(definition, f"nobody: {words}: {wanted}", result.stdout, result.returncode, result.stderr, wanted)


def lines(definition, process, count, name):
    """As many lines of a command that goes on, each an answer by itself."""
    for n in range(count):
        judge(definition, f"{name}: line {n + 1}", process.stdout.readline(), 0)


def verbs():
    """What lunatik --help lists."""
    text = json.loads(lunatik("-j", "--help").stdout)["help"]
    return set(re.findall(r"^  ([a-z]+) {2,}", text.partition("Subcommands:")[2], re.M))


def script_verbs():
    install("hello", 'print("hello \\xff", ...) return 5')
    install("typo", "prnt('x')\nlocal t = tbl\n")
    install("wrong", "local function f() error('no') end\nf()\n")
    install("syntax", "x = = 1\n")
    install("sleeper", 'local linux = require("linux") return function() while true do linux.schedule(100) end end')
    asks("run", 0, "run", "test/hello", "--", "x")
    asks("run", 6, "run", "test/hello")
    asks("run", 0, "run", "-e", "1, nil, 'x'")
    asks("run", 1, "run", "test/wrong")
    asks("run", 1, "run", "test/syntax")
    asks("run", 6, "run", "test/nosuch")
    asks("run", 1, "run", "-", source="error({})")
    asks("run", 1, "run", "-e", "require('linux').nosuch()")
    asks("run", 7, "run", "-", "--name", "hungry", "--maxalloc", "1M", source="local s = 'x' while true do s = s .. s end")
    asks("run", 8, "run", "-e", "while true do end", "--timeout", "0.3")
    asks("run", 8, "run", "-e", "pcall(require('linux').schedule, 5000)", "--timeout", "0.3")
    asks("run", 2, "run")
    asks("run", 2, "run", "test/hello", "--nosuch")
    asks("spawn", 0, "spawn", "test/sleeper")
    asks("spawn", 1, "spawn", "test/wrong")
    asks("spawn", 6, "spawn", "test/nosuch")
    asks("spawn", 2, "spawn", "-e", "return print")
    asks("list", 0, "list")
    ok("a thread is in the list", "thread" in lunatik("-j", "list").stdout)
    asks("list", 2, "list", "--", "x")
    asks("stats", 0, "stats")
    asks("stats", 0, "stats", "test/hello")
    asks("stats", 6, "stats", "nosuch")
    asks("top", 0, "top", "-n", "1", "-d", "0.2")
    asks("top", 2, "top", "-n", "0")
    asks("restart", 0, "restart", "test/hello")
    asks("restart", 6, "restart", "nosuch")
    asks("stop", 0, "stop", "test/hello")
    asks("stop", 6, "stop", "test/hello")
    asks("stop", 2, "stop")
    asks("log", 0, "log")
    asks("log", 0, "log", "test/hello")
    asks("log", 2, "log", "a", "b")
    asks("check", 0, "check", "test/hello")
    asks("check", 1, "check", "test/typo")
    asks("check", 1, "check", "test/syntax")
    asks("check", 6, "check", "test/nosuch")


def state_verbs():
    asks("state-create", 0, "state", "create", "mine", "--maxalloc", "2M")
    asks("state-create", 6, "state", "create", "mine")
    asks("state-create", 2, "state", "create", "a/../b")
    asks("state-create", 2, "state", "create")
    asks("state-create", 6, "state", "create", "mine", "--netns", "nosuch")
    asks("state-exec", 0, "state", "exec", "mine", "print('said \\xff') return 6 * 7, nil, 'x'")
    asks("state-exec", 0, "state", "exec", "mine", " ")
    asks("state-create", 0, "state", "create", "wordy")
    lost = lunatik("-j", "state", "exec", "wordy", "local s = ('x'):rep(1 << 18) for _ = 1, 5 do print(s) end")
    if judge("state-exec", "exec that prints more than an answer holds", lost.stdout, lost.returncode, lost.stderr, 0):
        equal("which is counted", json.loads(lost.stdout).get("lost"), 5 * ((1 << 18) + 1) - (1 << 20))
    asks("state-close", 0, "state", "close", "wordy")
    asks("state-exec", 1, "state", "exec", "mine", "print('before') error('on purpose')")
    asks("state-exec", 1, "state", "exec", "mine", "return (")
    asks("state-exec", 1, "state", "exec", "mine", "error({})")
    asks("state-exec", 7, "state", "exec", "mine", "local t = {} for i = 1, 1 << 30 do t[i] = {} end")
    asks("state-exec", 6, "state", "exec", "nosuch", "return 1")
    asks("state-exec", 2, "state", "exec", "mine")
    asks("state-list", 0, "state", "list")
    asks("state-list", 2, "state", "list", "mine")
    asks("state-list", 6, "state", "list", "--netns", "nosuch")
    for action, words in (("create", "other"), ("exec", "mine ' '"), ("list", ""), ("close", "mine")):
        nobody(f"state-{action}", 4, f"state {action} {words}".rstrip())
    asks("state-close", 0, "state", "close", "mine")
    asks("state-close", 6, "state", "close", "mine")
    asks("state-close", 2, "state", "close", "mine", "--maxalloc", "1M")
    asks("state", 2, "state")
    asks("state", 2, "state", "burn", "mine")
    asks("monitor", 2, "monitor", "-n", "0")
    asks("monitor", 6, "monitor", "--netns", "nosuch")
    nobody("monitor", 4, "monitor")


def xdp_verbs():
    with tempfile.TemporaryDirectory() as directory:
        os.chmod(directory, 0o755)
        source, program = f"{directory}/ask.bpf.c", f"{directory}/ask.o"
        pathlib.Path(source).write_text('#include <lunatik/xdp.bpf.h>\nLUNATIK_XDP_PROGRAM(ask, "ask", XDP_PASS)\n')
        subprocess.run(["clang", "-O2", "-g", "-target", "bpf", f"-I/usr/include/{os.uname().machine}-linux-gnu", "-c", source, "-o", program],
                       check=True)
        asks("xdp-load", 0, "xdp", "load", program, "lo")
        asks("xdp-load", 6, "xdp", "load", program, "lo")
        asks("xdp-load", 6, "xdp", "load", program, "nosuch")
        asks("xdp-load", 1, "xdp", "load", source, "lo")
        asks("xdp-load", 2, "xdp", "load", program, "lo", "--mode", "x")
        asks("xdp-list", 0, "xdp", "list")
        nobody("xdp-load", 4, f"xdp load {program} lo --replace")
        nobody("xdp-unload", 4, "xdp unload lo")
        asks("xdp-unload", 0, "xdp", "unload", "lo")
        asks("xdp-unload", 6, "xdp", "unload", "lo")
        asks("xdp-list", 0, "xdp", "list")
        asks("xdp-list", 2, "xdp", "list", "lo")
        asks("xdp", 2, "xdp")


def monitored():
    """Events of each kind; whoever listens does not say since when, so the first are repeated until one comes."""
    monitor = start("-j", "monitor")

    def told():
        lunatik("state", "create", "told")
        lunatik("state", "close", "told")
        return select.select([monitor.stdout], [], [], 0.2)[0]

    ok("monitor tells", within(20, told))
    lunatik("state", "create", "last")
    lunatik("state", "exec", "last", "print('a line') error('no')")
    # Closed while its code runs, it is killed.
    busy = start("state", "exec", "last", "while true do end")
    within(10, lambda: '"in_use": true' in lunatik("-j", "state", "list").stdout)
    lunatik("state", "close", "last")
    busy.wait(20 * SLOW)
    # One that does not tell must not hold up the suite.
    limit = threading.Timer(20 * SLOW, monitor.kill)
    limit.start()
    kinds = set()
    while "killed" not in kinds and (line := monitor.stdout.readline()):
        if judge("monitor", f"monitor: after {', '.join(sorted(kinds)) or 'nothing'}", line, 0):
            kinds.add(json.loads(line)["kind"])
    limit.cancel()
    equal("monitor: events of each kind", sorted(kinds), ["error", "killed", "print", "started", "stopped"])
    monitor.send_signal(signal.SIGINT)
    equal("monitor ends at Ctrl-C", monitor.wait(20), 0)
    asks("log", 0, "log", "last")
    ok("the log has who was killed", '"killed"' in lunatik("-j", "log", "last").stdout)


def going_on():
    follow = start("-j", "log", "-f")
    lines("log-follow", follow, 2, "log -f")
    follow.send_signal(signal.SIGINT)
    equal("log -f ends at Ctrl-C", follow.wait(20), 0)
    top = start("-j", "top", "-d", "0.2")
    lines("top", top, 2, "top")
    top.send_signal(signal.SIGINT)
    equal("top ends at Ctrl-C", top.wait(20), 0)


def other_verbs():
    asks("test", 0, "test", "data")
    install("failing", 'print("KTAP version 1\\n1..1\\nnot ok 1 - never")')
    install("broken", "error('no suite')")
    asks("test", 1, "test", "failing")
    asks("test", 1, "test", "broken")
    asks("test", 6, "test", "nosuch")
    asks("status", 0, "status")
    asks("doctor", 0, "doctor")
    asks("load", 0, "load")
    asks("reload", 0, "reload")
    nobody("list", 4, "list")
    nobody("log", 4, "log")
    nobody("unload", 4, "unload")
    nobody("reload", 4, "reload")
    asks("unload", 0, "unload")
    for verb in ("unload", "status", "list", "stats", "top", "log"):
        asks(verb, 3, verb)
    asks("log-follow", 3, "log", "-f")
    asks("monitor", 3, "monitor")
    for action, *words in (("exec", "x", " "), ("list",), ("close", "x")):
        asks(f"state-{action}", 3, "state", action, *words)
    for words in (("log", "-f"), ("top",), ("monitor",)):
        equal(f"{' '.join(words)}: an error is a line too", lunatik("-j", *words).stdout.count("\n"), 1)
    asks("stop", 3, "stop", "x")
    asks("restart", 3, "restart", "test/hello")
    asks("check", 3, "check", "test/hello")
    asks("test", 3, "test", "data")
    asks("doctor", 1, "doctor")
    nobody("load", 4, "load")
    asks("load", 0, "load")
    asks("failure", 2)
    asks("failure", 2, "nosuch")
    asks("failure", 2, "--nosuch")
    asks("help", 0, "--help")
    asks("help", 0, "run", "--help")
    asks("version", 0, "--version")


def places(value, path=()):
    """Every member of an answer, at any depth."""
    for key in value if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ():
        yield path + (key,)
        yield from places(value[key], path + (key,))


def damaged(answer):
    """(what was done, the answer with one thing wrong): a member of another type or added, in each place."""
    for path in places(answer):
        for what, value in (("an object for", {"wrong": 1}), ("null for", None)):
            other = copy.deepcopy(answer)
            at = other
            for step in path[:-1]:
                at = at[step]
            at[path[-1]] = value
            yield f"{what} {'.'.join(map(str, path))}", other
    for path in [()] + [path for path in places(answer)]:
        other = copy.deepcopy(answer)
        at = other
        for step in path:
            at = at[step]
        if isinstance(at, dict):
            at["unknown"] = 1
            yield f"unknown member in {'.'.join(map(str, path))}", other


def strictness():
    """The schema is none that takes anything."""
    for definition, answer in sorted(samples.items()):
        check = validator(definition)
        taken = [what for what, other in damaged(answer) if check.is_valid(other)]
        equal(f"{definition}: no damaged answer is taken", taken, [])
    for definition, member in (("run", "output"), ("list", "runtimes"), ("state-exec", "output"), ("state-list", "states"),
                               ("monitor", "kind"), ("check", "unknown_globals"), ("failure", "error")):
        answer = copy.deepcopy(samples.get(definition) or {"status": 1, "error": {"message": "x"}})
        answer.pop(member)
        ok(f"{definition}: nor one without {member}", not validator(definition).is_valid(answer))
    ok("nor a success with an error", not validator("run").is_valid(
        {"status": 0, "output": "", "values": [], "error": {"message": "x"}}))
    ok("nor a failure of a script without one", not validator("run").is_valid({"status": 1, "output": "", "values": []}))
    ok("nor code that succeeded with an error", not validator("state-exec").is_valid(
        {"status": 0, "output": "", "values": [], "error": {"message": "x"}}))
    ok("nor findings with a problem and status 0", not validator("doctor").is_valid(
        {"status": 0, "findings": [{"name": "x", "state": "problem", "detail": "", "fix": "y"}]}))


def documented():
    """The table of docs/cli.md has the members that the schema has, and the words that a member may be."""
    text = (TREE / "docs" / "cli.md").read_text()
    text = text[text.index("\n## JSON\n"):text.index("\n## Environment\n")]
    members = {}

    def walk(schema):
        for part in schema.values() if isinstance(schema, dict) else schema if isinstance(schema, list) else ():
            walk(part)
        for name, part in schema.get("properties", {}).items() if isinstance(schema, dict) else ():
            part = SCHEMA["$defs"][part["$ref"].rpartition("/")[2]] if "$ref" in part else part
            members.setdefault(name, []).append(part.get("enum"))

    walk(SCHEMA)
    rows = [line.strip("| ").split(" | ", 1)[1] for line in text.splitlines() if line.startswith("| `") or line.startswith("| any")]
    named = set(re.findall(r"`(\w+)`", " ".join(rows)))
    equal("docs/cli.md names the schema's members", sorted(named), sorted(set(members) - {"status"}))
    words = re.findall(r"`(\w+)` \((\w+(?:, \w+)+)\)", " ".join(rows))
    ok("and the words of some", len(words) > 2, words)
    for name, listed in words:
        ok(f"and what '{name}' may be", listed.split(", ") in members[name], listed, members[name])


def main():
    documented()
    equal("the installed schema is the tree's", INSTALLED.read_text(), SOURCE.read_text())
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    script_verbs()
    going_on()
    state_verbs()
    xdp_verbs()
    monitored()
    stop("test/sleeper")
    other_verbs()
    strictness()
    there = verbs()
    ok("--help lists the verbs", "run" in there, there)
    equal("every verb has a definition", sorted(there - set(SCHEMA["$defs"])), [])
    equal("every verb succeeded here", sorted(verb for verb in there if 0 not in answered.get(verb, ())), [])
    equal("every verb failed here", sorted(verb for verb in there if not answered.get(verb, set()) - {0}), [])
    return finish()


if __name__ == "__main__":
    sys.exit(main())
