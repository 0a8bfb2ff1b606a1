#!/usr/bin/python3
# SPDX-License-Identifier: MIT OR GPL-2.0-only
# suite: debug timeout=200
"""Read, evaluate, print: through a pipe and at a terminal, and JSON."""

import json
import os
import re
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), "lib"))
from ktap import SLOW, equal, faster, finish, install, lunatik, ok, stop, within
from terminal import Terminal


def pipe(name, source, status, out, err):
    result = lunatik(source=source)
    ok(name, result.returncode == status and re.search(out, result.stdout) and re.search(err, result.stderr),
       f"status {result.returncode}, wanted {status}", result.stdout[:1000], result.stderr[:1000])


def through_a_pipe():
    pipe("an expression", "6 * 7\n", 0, r"\A42\n\Z", r"\A\Z")
    pipe("no line end", "6 * 7", 0, r"\A42\n\Z", r"\A\Z")
    pipe("several values", '1, "two", nil\n', 0, "\\A1\ttwo\tnil\n\\Z", r"\A\Z")
    pipe("a statement of several lines", "for i = 1, 3 do\nprint(i)\nend\n", 0, r"\A1\n2\n3\n\Z", r"\A\Z")
    pipe("globals last", "x = 5\nx = x + 1\nreturn x\n", 0, r"\A6\n\Z", r"\A\Z")
    pipe("locals do not", "local x = 5\nx\n", 0, r"\Anil\n\Z", r"\A\Z")
    pipe("empty lines and comments", "\n\n-- nothing\n\n1\n", 0, r"\A1\n\Z", r"\A\Z")
    pipe("nothing at all", "", 0, r"\A\Z", r"\A\Z")
    pipe("the first error ends it", "print('a')\nerror('b')\nprint('c')\n", 1, r"\Aa\n\Z", r"\Alunatik: stdin:1: b\n")
    pipe("a syntax error", "x = = 1\nprint('c')\n", 1, r"\A\Z", r"\Alunatik: stdin:1: ")
    pipe("an unfinished statement", "for i = 1, 3 do\n", 1, r"\A\Z", r"\Alunatik: stdin:1: 'end' expected near <eof>")
    pipe("an unfinished string", "x = [[abc\ndef\n", 1, r"\A\Z", r"\Alunatik: stdin:\d: unfinished long string")
    pipe("a long string of two lines", "x = [[abc\ndef]]\n#x\n", 0, r"\A7\n\Z", r"\A\Z")
    pipe("a value of a MiB", '("x"):rep(1 << 20)\n', 0, r"\Ax{1000}", r"\A\Z")
    pipe("its length", '#(("x"):rep(1 << 20))\n', 0, r"\A1048576\n\Z", r"\A\Z")
    pipe("an error does not lose what was printed", "for i = 1, 1000 do print(i) end error('e')\n", 1, r"\n1000\n\Z", "stdin:1: e")
    pipe("requiring", "d = require('data').new(4)\n#d\n", 0, r"\A4\n\Z", r"\A\Z")
    pipe("the REPL of another has other globals", "return x\n", 0, r"\Anil\n\Z", r"\A\Z")
    pipe("memory", 's = "x" while true do s = s .. s end\n', 7, r"\A\Z", r"\Alunatik: not enough memory")
    pipe("a coroutine", "co = coroutine.wrap(function() for i = 1, 3 do coroutine.yield(i) end end)\nco()\nco()\n", 0,
         r"\A1\n2\n\Z", r"\A\Z")
    pipe("yielding outside of one", "coroutine.yield(1)\n", 1, r"\A\Z", "attempt to yield from outside a coroutine")


def values():
    pipe("a table is shown with what is in it", '{10, 20, x = 1, ["a b"] = true}\n', 0,
         r'\A\{10, 20, (x = 1, \["a b"\] = true|\["a b"\] = true, x = 1),\}\n\Z', r"\A\Z")
    pipe("tables inside tables, as deep as a person reads", "{{{{{}}}}}\n", 0, r"\A\{\{\{\{...\},\},\},\}\n\Z", r"\A\Z")
    pipe("one that contains itself", "t = {} t.t = t\nt\n", 0, r"\A\{t = \{t = \{t = \{\.\.\.\},\},\},\}\n\Z", r"\A\Z")
    pipe("a long one has a line for each entry", "t = {} for i = 1, 30 do t[i] = i * 1000 end\nt\n", 0,
         r"\A\{\n  1000,\n  2000,\n(.*\n)*  30000,\n\}\n\Z", r"\A\Z")
    pipe("one as long as is shown is not cut", "t = {} for i = 1, 50 do t[i] = i end\nt\n", 0, r"\A\{\n  1,\n(.*\n){48}  50,\n\}\n\Z", r"\A\Z")
    pipe("one entry more is", "t = {} for i = 1, 51 do t[i] = i end\nt\n", 0, r"\A\{\n  1,\n(.*\n){48}  50,\n  \.\.\.\n\}\n\Z", r"\A\Z")
    pipe("a huge one is bounded", "t = {} for i = 1, 100000 do t[i] = ('x'):rep(100) end\nt\n", 0,
         r'\A\{\n  "x{60}"\.\.\.,\n(.*\n){1,60}.*\.\.\.\n?\}?\n\Z', r"\A\Z")
    pipe("what prints itself does", "setmetatable({}, { __tostring = function() return 'mine' end })\n", 0, r"\Amine\n\Z", r"\A\Z")
    pipe("no metamethod runs otherwise", "setmetatable({ 1 }, { __index = error, __len = error, __pairs = error })\n", 0,
         r"\A\{1,\}\n\Z", r"\A\Z")
    pipe("a key that is a keyword is no name", '{["end"] = 1}\n', 0, r'\A\{\["end"\] = 1,\}\n\Z', r"\A\Z")
    pipe("strings in tables are quoted", '{"a\\n\\27b"}\n', 0, r'\A\{"a\\n\\x1bb",\}\n\Z', r"\A\Z")
    pipe("functions and objects have no address", "{print, require('data').new(1)}\n", 0, r"\A\{<function>, <data>,\}\n\Z", r"\A\Z")
    pipe("_ is the last value", "6 * 7\n_ + 1\nx = 1\n_\n", 0, r"\A42\n43\n43\n\Z", r"\A\Z")


def completion(terminal):
    terminal.type("tostr\t(42)\n")
    terminal.says("a tab completes a global", r"\n42\n")
    terminal.type("string.rep\t('ab', 2)\n")
    terminal.says("what is complete stays as it is", r"\nabab\n")
    terminal.type("#string.form\t('%d', 12345)\n")
    terminal.says("a field of a table", r"\n5\n")
    terminal.type("name = 'abc'\nname:upp\t()\n")
    terminal.says("a method of a string", r"\nABC\n")
    terminal.type("d = require('data').new(4)\nd:setstr\t(0, 'wxyz')\nd:getstr\t(0)\n")
    terminal.says("a method of an object", r"\nwxyz\n")
    terminal.type("trap = setmetatable({}, { __index = function() ran = true end })\ntrap.x\t\x03")
    terminal.expect(r"> ")
    terminal.type("ran\n")
    terminal.says("no metamethod runs for it", r"\nnil\n")
    terminal.type("words = { ['end'] = 1, ending = 33 }\nwords.en\t\n")
    terminal.says("a keyword is no field name", r"\n33\n")
    terminal.type("1000 + #'words.endi\t'\n")
    terminal.says("nothing is completed inside a string", r"\n1011\n")
    terminal.type("length = 1000 + #[[one\nwords.endi\t]]\nlength\n")
    terminal.says("nor in a long string that an earlier line began", r"\n1015\n")
    terminal.type("'words.' .. words.endi\t\n")
    terminal.says("but behind one", r"\nwords\.33\n")
    terminal.type("co\t")
    terminal.says("several words are shown", r"\n *collectgarbage +coroutine")
    terminal.type("\x03")
    terminal.expect(r"> ")
    terminal.type("nosuch.x\t\x03")
    terminal.expect(r"> ")
    terminal.type("if true then\n\treturn 77\nend\n")
    terminal.says("elsewhere a tab is indentation", r"\n77\n")


def at_a_terminal():
    os.makedirs("/tmp/repl-home", exist_ok=True)
    terminal = Terminal()
    terminal.says("a banner", r"Lunatik [0-9.]+ +protocol 1, Linux [^\n]+\n")
    terminal.says("a prompt", r"> \Z")
    completion(terminal)
    terminal.type("return 42\n")
    terminal.says("a value", r"\n42\n(?:.*\n)*.*> ")
    terminal.type("for i = 1, 2 do\n")
    terminal.says("a prompt for more", r">> ")
    terminal.type("print(i * 100)\nend\n")
    terminal.says("a statement of three lines", r"\n100\n200\n")
    terminal.type("error('on purpose')\n")
    terminal.says("an error", r"lunatik: stdin:1: on purpose\n")
    terminal.type("x = 7\n")
    terminal.type("x * 6\n")
    terminal.says("an error does not end it, and globals last", r"\n42\n")
    terminal.type("while true do end\n")
    time.sleep(1)
    terminal.type("\x03")
    terminal.says("Ctrl-C interrupts the line that runs", r"lunatik: [^\n]*interrupted", 3)
    terminal.type("x + 1\n")
    terminal.says("and nothing else", r"\n8\n")
    terminal.type("print(123456")
    terminal.expect("123456")
    terminal.type("\x03")
    terminal.says("Ctrl-C while typing gives a new prompt", r"> ")
    terminal.type("x + 2\n")
    terminal.says("Ctrl-C clears the line that is typed", r"\n9\n")
    terminal.type("print(987654")
    terminal.expect("987654")
    terminal.type("\x03x + 20\n")
    terminal.says("also if the next line comes with it", r"\n27\n")
    terminal.type("for i = 1, 3 do\n")
    terminal.says("an unfinished statement", r">> ")
    terminal.type("\x03")
    terminal.expect(r"> ")
    terminal.type("x + 3\n")
    terminal.says("is cleared too", r"\n10\n")
    terminal.type("while true do pcall(function() while true do end end) end\n")
    time.sleep(1)
    terminal.type("\x03")
    terminal.says("pcall does not swallow Ctrl-C", r"interrupted", 3)
    terminal.type("require('linux').schedule()\n")
    time.sleep(0.5)
    terminal.type("\x03")
    terminal.says("Ctrl-C ends a sleep for ever", r"interrupted", 3)
    terminal.type("x + 4\n")
    terminal.says("then it goes on", r"\n11\n")
    ok("list shows the session", within(3, lambda: "session/" in lunatik("list").stdout), lunatik("list").stdout)
    name = re.search(r"session/\S+", lunatik("list").stdout)[0]
    equal("it can be stopped from another terminal", stop(name), 0)
    terminal.type("x\n")
    terminal.says("then it begins anew", r"nil\n|stopped")
    terminal.type("y = 5\n")
    terminal.type("y + 1\n")
    terminal.says("and works", r"\n6\n.*> ")
    terminal.type("\x04")
    equal("Ctrl-D ends it", terminal.end(), 0)
    ok("and its runtime", within(3, lambda: "session/" not in lunatik("list").stdout))

    terminal = Terminal()
    terminal.expect(r"> \Z")
    terminal.type("while true do end\n")
    within(5, lambda: "running" in lunatik("list").stdout)
    name = re.search(r"session/\S+", lunatik("list").stdout)[0]
    with faster("stop from another terminal ends a line that loops", 3):
        equal("stop", stop(name), 0)
    terminal.says("the terminal is told", r"lunatik: [^\n]*stopped", 3)
    terminal.type("while true do end\n")
    within(5, lambda: "running" in lunatik("list").stdout)
    os.kill(terminal.pid, 9)
    terminal.end()
    ok("a terminal that is killed leaves no runtime behind", within(3, lambda: "session/" not in lunatik("list").stdout))

    terminal = Terminal("-q")
    terminal.type("1 + 1\n")
    terminal.says("quiet: no banner", r"\A[^L]*> ")
    terminal.says("but an answer", r"\n2\n.*> ")
    terminal.type("\x04")
    equal("the end", terminal.end(), 0)


def as_json():
    def answer(*arguments, source=None):
        result = lunatik("-j", *arguments, source=source)
        try:
            value = json.loads(result.stdout)
        except ValueError:
            value = {"unreadable": result.stdout[:500]}
        return result.returncode, value, result.stderr

    def check(name, status, wanted, *arguments, source=None):
        code, value, err = answer(*arguments, source=source)
        good = code == status and value.get("status") == status and not err
        for key, part in wanted.items():
            good = good and (re.search(part, json.dumps(value.get(key))) if isinstance(part, str) else value.get(key) == part)
        ok(name, good, f"status {code}, wanted {status}", value, wanted, err)
    install("hello", 'print("hello") return 5')
    check("run", 0, {"output": '"hello.n"', "values": []}, "run", "test/hello")
    check("-e", 0, {"output": "", "values": ["2", "nil", "x"]}, "run", "-e", "1 + 1, nil, 'x'")
    check("bytes that are no UTF-8", 0, {"output": "ufffd"}, "run", "-e", "print('\\xff')")
    code, value, _ = answer("list")
    items = value.get("runtimes", [])
    ok("list", code == 0 and len(items) == 1 and items[0]["name"] == "test/hello" and items[0]["context"] == "process"
       and items[0]["state"] == "ready" and 0 < items[0]["memory"] <= items[0]["maxalloc"] and items[0]["age_ns"] > 0
       and items[0]["netns"] == os.stat("/proc/self/ns/net").st_ino and not items[0]["percpu"]
       and isinstance(items[0]["calls"], int) and items[0]["errors"] == 0, value)
    check("run twice", 6, {"error": "already running"}, "run", "test/hello")
    check("stop", 0, {}, "stop", "test/hello")
    check("stop again", 6, {"error": '"errno": 2'}, "stop", "test/hello")
    check("an error", 1, {"error": '"traceback": "stack traceback'}, "run", "-e", "error('x')")
    check("memory", 7, {"error": "not enough memory"}, "run", "-e", "local s = 'x' while true do s = s .. s end")
    check("time", 8, {"error": "timed out"}, "run", "-e", "while true do end", "--timeout", "0.3")
    check("usage", 2, {"error": "no verb"}, "start")
    check("status", 0, {"modules": '"name": "lunatik", "version": "[0-9.]+", "references": [0-9]+, "holders": '}, "status")
    check("load", 0, {}, "load")
    check("no runtime", 0, {"runtimes": []}, "list")
    install("spawned", "local linux = require('linux') return function() linux.schedule() end")
    check("spawn", 0, {}, "spawn", "test/spawned")
    code, value, _ = answer("list")
    ok("list of a thread", code == 0 and os.path.exists(f"/proc/{value['runtimes'][0].get('thread')}"), value)
    stop("test/spawned")


def picture():
    checked = subprocess.run([os.path.join(os.path.dirname(os.path.realpath(__file__)), "../../docs/screen"), "--check"], text=True,
                             capture_output=True, check=False, timeout=100 * SLOW)
    ok("the README's picture is what a terminal shows", checked.returncode == 0, checked.stderr)


def main():
    through_a_pipe()
    values()
    at_a_terminal()
    picture()
    as_json()
    return finish()


sys.exit(main())
