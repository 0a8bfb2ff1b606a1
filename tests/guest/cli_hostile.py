#!/usr/bin/python3
# SPDX-License-Identifier: MIT OR GPL-2.0-only
# suite: timeout=400
"""The command line where it is treated badly: outputs that are closed, full or slow, terminals that change, files that cannot be read or
written, clients that are killed, and modules that go under whoever looks on. It says what is wrong, ends, and leaves nothing behind."""

import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), "lib"))
import frames
from ktap import SLOW, equal, finish, install, like, lunatik, ok, run_script, start, stop, within
from terminal import Terminal

HOME = "/tmp/repl-home"


def is_gone(name):
    return within(5, lambda: not any(runtime.startswith(name) for runtime in frames.runtimes()))


def ended(process, seconds=5):
    """The exit status of a process, or None and its end."""
    try:
        return process.wait(seconds * SLOW)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
        return None


def available():
    """Memory that the machine has, but for what others than this process hold, in MiB. What this process has taken does not count,
    since its allocator keeps it; nor do pages that lie in the processors' own lists, which may be an eighth of the machine."""
    def figures(path, expression):
        return sum(map(int, re.findall(expression, pathlib.Path(path).read_text(), re.MULTILINE)))
    kibibytes = figures("/proc/meminfo", r"^MemAvailable: +(\d+)") + figures("/proc/self/status", r"^RssAnon:\s+(\d+)")
    pages = figures("/proc/zoneinfo", r"^ +count: +(\d+)")
    return (kibibytes >> 10) + (pages * os.sysconf("SC_PAGE_SIZE") >> 20)


def closed_pipes():
    loop = "while true do print('x') end"
    for words in (("run", "-e", loop), ("run", "--name", "piped", "-e", loop)):
        process = start(*words)
        equal(f"{' '.join(words[:-1])}: output streams", process.stdout.readline(), "x\n")
        process.stdout.close()
        equal("a pipe that is closed meanwhile ends it", ended(process), -signal.SIGPIPE)
        equal("without a word", process.stderr.read(), "")
    ok("and what it ran", is_gone("session/") and is_gone("piped"), frames.runtimes())
    for words in (("log", "-f", "nobody"), ("-j", "log", "-f", "nobody"), ("monitor",), ("-j", "monitor"), ("top", "-d", "1000"),
                  ("-j", "top", "-d", "1000")):
        process = start(*words)
        time.sleep(1)
        still = process.poll() is None
        process.stdout.close()
        status = ended(process)
        ok(f"{' '.join(words)}: a reader that leaves while all is quiet ends it", still and status == -signal.SIGPIPE, still, status)
        like("without a complaint", process.stderr.read(), r"\A(waiting for events; Ctrl-C ends\n)?\Z")
    # A script that says nothing for a while is not to be ended: its reader is asked when it speaks.
    process = start("run", "-e", "require('linux').schedule(1500) require('lunatik')._ENV.quiet = 'done'")
    process.stdout.close()
    equal("who prints nothing needs no reader", ended(process, 10), 0)


def sizes():
    terminal = Terminal()
    terminal.says("a REPL", r"> \Z")
    terminal.type("return 11")
    terminal.expect("11")
    for rows, columns in ((5, 10), (1, 1), (60, 200), (24, 80)):
        terminal.resize(rows, columns)
        time.sleep(0.2)
    terminal.type("11 + 1\n")
    terminal.says("resized while a line is typed, it is that line", r"\n1112\n")
    terminal.type("require('linux').schedule(700) return 'slept'\n")
    time.sleep(0.2)
    terminal.resize(10, 40)
    terminal.says("resized while a line runs, that runs", r"\nslept\n")
    terminal.type("6 * 7\n")
    terminal.says("and the next", r"\n42\n")
    equal("the end", terminal.leave(), 0)

    for number in range(30):
        run_script(f"many{number:02}", "x = 1")
    terminal = Terminal("top", "-d", "1000")
    terminal.resize(40, 100)
    terminal.says("top fills a terminal", r"\(q ends\)\n\n(.*\n)*many29 ")
    for rows, columns in ((12, 24), (4, 10), (1, 1), (12, 24)):
        terminal.expect("no such words will come", 0.3)
        terminal.seen = ""
        terminal.resize(rows, columns)
    terminal.says("and another one that it becomes, at once", r"\A30 runtimes, [^\n]{11}\n\nNAME[^\n]*\n(many\d\d [^\n]*\n){7}many\d\d ", 5)
    ok("no key is shown", not terminal.echoes())
    terminal.type("xyz")
    terminal.type("q")
    equal("q ends it", terminal.end(), 0)
    ok("what was typed is not shown", "xyz" not in terminal.seen and "q" not in terminal.seen, terminal.seen)
    for number in range(30):
        stop(f"many{number:02}")


def job_control():
    """top as a shell's job: stopped, continued, killed; the terminal is the shell's whenever top does not have it."""
    shell = Terminal("--norc", "--noediting", "-i", program="bash", PS1="$((6*7))# ", HISTFILE="/dev/null")
    shell.expect(r"42# \Z")

    def modes():
        shell.seen = ""
        shell.type("stty -a | grep -oE -- '-?(icanon|echo) ' | tr -d '\\n'; echo =\n")
        return shell.expect(r"\n[^\n]*=\n")

    usual = modes()
    ok("a shell's terminal", usual and re.search(r"\nicanon echo =", usual), usual)
    for signals, name in ((("\x1a",), "Ctrl-Z"), ((signal.SIGSTOP,), "SIGSTOP")):
        shell.type("lunatik top -d 1000\n")
        shell.says(f"{name}: top runs", r"\(q ends\)")
        ok("it takes keys", within(2, lambda: not shell.echoes()))
        top = max(int(one) for one in subprocess.run(["pgrep", "-x", "lunatik"], capture_output=True, text=True).stdout.split())
        for one in signals:
            shell.type(one) if isinstance(one, str) else os.kill(top, one)
        shell.says("it stops", r"Stopped")
        shell.expect(r"42# \Z")
        equal("the terminal is as it was", modes(), usual)
        shell.type("fg\n")
        shell.says("and goes on, with what it has seen", r"\(q ends\)")
        ok("it takes keys again", within(2, lambda: not shell.echoes()))
        shell.type("q")
        shell.says("and q ends it", r"42# \Z")
        equal("the terminal is as it was", modes(), usual)
    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT, signal.SIGINT):
        shell.type("lunatik top -d 1000\n")
        shell.expect(r"\(q ends\)")
        top = max(int(one) for one in subprocess.run(["pgrep", "-x", "lunatik"], capture_output=True, text=True).stdout.split())
        os.kill(top, number)
        shell.says(f"{number.name} ends it", r"42# \Z")
        equal("the terminal is as it was", modes(), usual)
    shell.type("lunatik top -d 0.3 -n 3 | cat\n")
    shell.says("in a pipe it", r"NAME ")
    ok("leaves the terminal alone", shell.echoes())
    shell.expect(r"42# \Z")
    shell.type("lunatik top -d 0.3 -n 2 </dev/null\n")
    shell.says("whom nobody can type at says what ends it", r"\(Ctrl-C ends\)")
    ok("and leaves the terminal alone", shell.echoes())
    shell.expect(r"42# \Z")
    shell.type("exit\n")
    shell.end()


def histories():
    for name, home in (("HOME below which there can be nothing", "/proc"), ("no HOME", None), ("a HOME that is no path", "here")):
        terminal = Terminal(HOME=home)
        before = terminal.expect(r"> \Z") or ""
        why = "HOME is not set" if home is None else "HOME is no absolute path" if home == "here" else "cannot write /proc/.local/state/lunatik/history: No such file or directory"
        ok(f"{name}: said once, and why", before.count("remembered") == 1 and f"lunatik: lines will not be remembered: {why}\n" in before, before)
        terminal.type("6 * 7\n")
        terminal.says("it works", r"\n42\n")
        terminal.type("\x1b[A\n")
        terminal.says("and remembers for itself", r"\n42\n")
        equal("the end", terminal.leave(), 0)
    path = pathlib.Path(HOME, ".local/state/lunatik/history")
    shutil.rmtree(HOME, ignore_errors=True)
    path.mkdir(parents=True)
    terminal = Terminal()
    terminal.says("a history that is a directory", r"not be remembered: cannot write [^\n]*history: Is a directory\n")
    equal("the end", terminal.leave(), 0)
    path.rmdir()
    path.symlink_to("/etc/passwd")
    terminal = Terminal()
    terminal.says("a history that is a link", r"not be remembered: cannot write [^\n]*history: Too many levels of symbolic links\n")
    terminal.type("return 1\n")
    terminal.expect(r"\n1\n")
    equal("the end", terminal.leave(), 0)
    ok("is not followed", "return 1" not in pathlib.Path("/etc/passwd").read_text())
    path.unlink()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4k", "none", path.parent], check=True)
    path.parent.joinpath("filler").write_bytes(b"x" * 4096)
    terminal = Terminal()
    terminal.expect(r"> \Z")
    terminal.type("6 * 7\n")
    terminal.says("a disk that is full loses lines of the history and nothing else", r"\n42\n")
    equal("the end", terminal.leave(), 0)
    subprocess.run(["umount", path.parent], check=True)


def unreadable():
    with tempfile.TemporaryDirectory() as directory:
        os.chmod(directory, 0o755)
        secret, closed = pathlib.Path(directory, "secret.lua"), pathlib.Path(directory, "closed")
        secret.write_text("print('secret')")
        secret.chmod(0o600)
        closed.mkdir(0o700)
        closed.joinpath("inner.lua").write_text("print('inner')")
        for script in (secret, closed / "inner.lua"):
            for verb in ("run", "spawn", "check", "restart"):
                said = subprocess.run(["su", "nobody", "-s", "/bin/sh", "-c", f"lunatik {verb} {script}"], capture_output=True, text=True)
                ok(f"another user: {verb} {script.name}", said.returncode == 4 and said.stdout == ""
                   and re.match(rf"lunatik: cannot open {script}: Permission denied\n", said.stderr), said)


def large():
    size, line = 100 << 20, 1 << 16
    source = f"local line = ('x'):rep({line - 1}) for i = 1, {size // line} do print(line) end"
    before = available()
    for words in (("run", "-e", source), ("run", "--name", "prints", "-e", source)):
        process = start(*words)
        count = least = 0
        while piece := process.stdout.buffer.read1(1 << 20):
            count += len(piece)
            if not least and count > size // 2:
                # A reader that stands still stops the script, and the machine keeps its memory.
                time.sleep(2)
                least = available()
                print(f"# {count} bytes read, {least} MiB available", flush=True)
        equal(f"{' '.join(words[:-1])}: 100 MiB of output, all of it", (count, ended(process), process.stderr.read()), (size, 0, ""))
        ok("which the machine does not hold", least > before - 64, f"{before} MiB before, {least} MiB at the least")
    equal("stop", stop("prints"), 0)
    said = lunatik("-j", "run", "-e", source, limit=120)
    answer = json.loads(said.stdout)
    ok("as JSON it is refused, and says what to do", said.returncode == 7 and answer["status"] == 7
       and "64 MiB" in answer["error"]["message"] and "--json" in answer["error"]["hint"] and not said.stderr, said.stdout[-500:], said.stderr)
    run_script("logged", source[:-4] + " end")
    ok("what the journal keeps of it is bounded", 0 < len(lunatik("log", "logged").stdout) < 200000)
    equal("stop", stop("logged"), 0)
    ok("nothing is left of it", is_gone("session/"))
    ok("not even memory", within(10, lambda: available() > before - 32), before, available())
    equal("the next command works", lunatik("run", "-e", "42").stdout, "42\n")


def killed():
    loop = "while true do print(('x'):rep(1000)) end"
    for words in (("run", "-e", loop), ("run", "--name", "killed", "-e", loop), ("-j", "run", "-e", loop), ("log", "-f"), ("-j", "log", "-f")):
        for number in (signal.SIGKILL, signal.SIGTERM):
            process = start(*words)
            if "-j" in words and "run" in words:
                within(5, lambda: any(name.startswith("session/") for name in frames.runtimes()))
            elif "log" not in words:
                process.stdout.read(100000)
            time.sleep(0.2)
            process.send_signal(number)
            status = ended(process)
            ok(f"{' '.join(words[:3])}: {number.name} in the middle of the answer", status == -number and is_gone("session/") and is_gone("killed"),
               status, frames.runtimes())
    # A client that stands still in the middle of an answer keeps nobody from stopping its script.
    process = start("run", "--name", "stands", "-e", loop)
    process.stdout.read(10000)
    process.send_signal(signal.SIGSTOP)
    time.sleep(0.5)
    equal("stop of a script whose client stands still", stop("stands"), 0)
    process.kill()
    process.wait()
    process = start("state", "create", "held")
    process.wait()
    process = start("state", "exec", "held", "while true do end")
    within(5, lambda: frames.runtimes().get("held") == "running")
    process.kill()
    process.wait()
    ok("a client of a state", within(5, lambda: frames.runtimes().get("held") == "ready"), frames.runtimes())
    equal("the state goes on", lunatik("state", "exec", "held", "return 7").stdout, "7\n")
    lunatik("state", "close", "held")
    equal("the next command works", lunatik("run", "-e", "42").stdout, "42\n")


def reloads():
    """Whoever looks on is told that the modules go, does not keep them, and finds the new ones."""
    looks = (("log", "-f", "seen"), ("-j", "log", "-f", "seen"), ("monitor",), ("-j", "monitor"))
    for verb in ("unload", "reload"):
        processes = [start(*words) for words in looks]
        time.sleep(1.5)
        run_script("seen", "print('seen')")
        said = lunatik(verb)
        ok(f"{verb} under log -f and monitor", said.returncode == 0 and not said.stderr, said)
        for words, process in zip(looks, processes):
            status = ended(process)
            out, err = process.stdout.read(), process.stderr.read()
            last = out.splitlines()[-1] if out else ""
            told = json.loads(last) if "-j" in words and last else {}
            good = told.get("status") == 3 and "unloaded" in told["error"]["message"] if "-j" in words else re.search(
                r"lunatik: lunatik was unloaded\nhint: ", err)
            ok(f"{' '.join(words)}: has seen what came, and is told", status == 3 and "seen" in out and good, status, out, err)
        if verb == "unload":
            equal("load", lunatik("load").returncode, 0)
        new = [start(*words, "-n", "1") if "monitor" in words else start(*words) for words in looks]
        time.sleep(1.5)
        run_script("seen", "print('new')")
        for words, process in zip(looks, new):
            ok(f"{' '.join(words)}: sees the new ones", "new" in process.stdout.readline())
            process.send_signal(signal.SIGINT)
            ended(process)
        stop("seen")


def full():
    """Every verb whose output finds no room says so and fails."""
    install("says", "print('x') return function() end")

    def check(*words, source="", before=(), after=()):
        for one in before:
            lunatik(*one)
        with open("/dev/full", "w", encoding="ascii") as output:
            process = subprocess.Popen(["lunatik", *words], stdin=subprocess.PIPE, stdout=output, stderr=subprocess.PIPE, text=True)
            try:
                err = process.communicate(source, timeout=30 * SLOW)[1]
            except subprocess.TimeoutExpired:
                process.kill()
                err = f"no end; {process.communicate()[1]}"
        ok(f"{' '.join(words)} >/dev/full", process.returncode == 1
           and re.search(r"\Alunatik: cannot write to standard output: No space left on device\n", re.sub(
               r"(?m)^waiting for events.*\n", "", err)), process.returncode, err)
        for one in after:
            lunatik(*one)

    says = ("stop", "test/says")
    lunatik("run", "test/says")
    check("--help")
    check("--version")
    check("-j", "--version")
    check("-j", "stop")
    check("status")
    check("list")
    check("stats")
    check("stats", "test/says")
    check("log")
    check("log", "test/says")
    check("log", "-f", "test/says")
    check("-j", "log", "-f", "test/says")
    check("top", "-n", "1", "-d", "0.1")
    check("run", "-e", "1")
    check("run", "-e", "print(1)")
    check("run", "-", source="print(1)")
    check("run", "-e", "while true do print(1) end")
    check("check", "-", source="nosuch()")
    check("doctor")
    check("test", "data")
    check("restart", "test/says", after=[says])
    check("spawn", "test/says", after=[says])
    check(source="1\n")
    check("state", "create", "full", "-j")
    check("state", "list")
    check("state", "exec", "full", "return 1")
    check("state", "exec", "full", "print(1)")
    check("-j", "state", "close", "full")
    for words in (("load",), ("status",), ("list",), ("stats",), ("log",), ("top", "-n", "1", "-d", "0.1"), ("run", "-e", "1"), ("check", "-"),
                  ("doctor",), ("test", "data"), ("state", "list"), ("xdp", "list"), ("xdp", "unload", "lo"), ("stop", "nobody"), ("restart", "nobody"),
                  ("state", "close", "nobody")):
        check("-j", *words)
    check("-j", "run", "test/says")
    check("-j", *says)
    check("-j", "spawn", "test/says")
    check("-j", "restart", "test/says", after=[says])
    ok("what was asked for is done nevertheless", is_gone("test/says"))
    for words in (("monitor", "-n", "1"), ("-j", "monitor", "-n", "1")):
        # Something has to happen that it could show.
        events = subprocess.Popen(["sh", "-c", "sleep 1; while :; do lunatik run -e 'x = 1' --name event; lunatik stop event; sleep 0.2; done"],
                                  stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        check(*words)
        events.kill()
        events.wait()
        stop("event")
    check("-j", "unload", after=[("load",)])
    check("-j", "reload")
    check("-j", "monitor", before=[("unload",)])
    check("-j", "load", after=[("load",)])
    equal("the next command works", lunatik("run", "-e", "42").stdout, "42\n")


def completion_without_the_module():
    terminal = Terminal()
    terminal.expect(r"> \Z")
    terminal.type("kept = 7\n")
    terminal.expect(r"> \Z")
    run_script("stays", "x = 1")
    said = lunatik("unload")
    like("a REPL that waits keeps the module, and unload says which", said.stderr, rf"lunatik is in use: /dev/lunatik is open in {terminal.pid} \(lunatik\)\nhint: nothing was stopped")
    equal("it has failed", said.returncode, 1)
    equal("and stopped nothing", frames.runtimes().get("stays"), "ready")
    terminal.type("ke\t")
    terminal.type(" * 6\n")
    terminal.says("nor the REPL's own runtime: completion works", r"\n42\n")
    terminal.leave()
    equal("without it unload works", lunatik("unload").returncode, 0)
    script = r"""
    . /usr/share/bash-completion/bash_completion
    _completion_loader lunatik
    [[ $(complete -p lunatik) =~ -F\ ([^ ]+) ]] && offer=${BASH_REMATCH[1]}
    for verb in stop restart log stats run spawn check test "state exec" "xdp unload" ""; do
        read -ra words <<<"$verb"
        before=(lunatik "${words[@]}")
        COMP_WORDS=("${before[@]}" "") COMP_CWORD=$((${#words[@]} + 1)) COMPREPLY=() COMP_LINE="lunatik $verb " COMP_POINT=${#COMP_LINE}
        "$offer" lunatik "" "${before[-1]}"
        echo "$verb: ${#COMPREPLY[@]}"
    done"""
    shell = subprocess.run(["bash", "-c", script], capture_output=True, text=True, timeout=60 * SLOW)
    equal("a shell's completion says nothing of it", shell.stderr, "")
    equal("and ends well", shell.returncode, 0)
    ok("names of runtimes there are none of", "\nstats: 0\n" in shell.stdout and "stop: 0\n" in shell.stdout, shell.stdout)
    ok("verbs there are", re.search(r"\n: \d\d", shell.stdout), shell.stdout)
    ok("nothing is loaded for it", not pathlib.Path("/sys/module/lunatik").exists())
    equal("load", lunatik("load").returncode, 0)
    equal("the next command works", lunatik("run", "-e", "42").stdout, "42\n")


def main():
    os.makedirs(HOME, exist_ok=True)
    parts = os.environ.get("CLI_HOSTILE", "").split()
    for part in (closed_pipes, sizes, job_control, histories, unreadable, large, killed, reloads, full, completion_without_the_module):
        if not parts or part.__name__ in parts:
            print(f"# {part.__name__}", flush=True)
            part()
    return finish()


sys.exit(main())
