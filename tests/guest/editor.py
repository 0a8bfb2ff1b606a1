#!/usr/bin/python3
# SPDX-License-Identifier: MIT OR GPL-2.0-only
# suite: timeout=240
"""What editors get: the definitions for language servers say what the running kernel has, name for name and value for value,
and ask for the arguments that it asks for; luacheck knows the globals that are there, and finds nothing in the examples."""

import os
import pathlib
import re
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), "lib"))
from ktap import SCRIPTS, equal, finish, lunatik, ok

TREE = pathlib.Path(__file__).resolve().parents[2]
SHARE = pathlib.Path("/usr/local/share/lunatik")
STUBS = sorted((SHARE / "luacats").glob("*.lua"))
LIBRARIES = sorted(path.stem for path in STUBS)
# What make install puts into lua/test.
SUITES = ["ktap", *re.search(r"^suites := (.*)$", (TREE / "Makefile").read_text(), re.M)[1].split()]

# Runs in both: in the kernel `open` is require, on this side it loads a file of definitions. Of constants the value counts,
# of all else its type. An object's methods are seen in the library's table.
INVENTORY = r"""
local function show(open, libraries)
	for library in libraries:gmatch("%S+") do
		for name, value in pairs(open(library)) do
			local kind = type(value)
			print(library, name, kind == "userdata" and "table" or kind)
			for constant, number in pairs(kind == "table" and value or {}) do
				print(library, name .. "." .. constant, number)
			end
		end
	end
end
"""
GLOBALS = r"""
for name, value in pairs(_G) do
	print(name)
	for field in pairs(type(value) == "table" and value ~= _G and value or {}) do
		print(name .. "." .. field)
	end
end
"""
# luacheck's own reading of the configuration, as a list of the same kind.
CONFIGURED = r"""
local config = {stds = {}}
assert(loadfile(arg[1], "t", config))()
for key, value in pairs(config.stds.lunatik.read_globals) do
	print(type(key) == "number" and value or key)
	for field, more in pairs(type(value) == "table" and value.fields or {}) do
		print(key .. "." .. (type(field) == "number" and more or field))
	end
end
"""


def lua(source, *arguments):
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as file:
        file.write(source)
        file.flush()
        done = subprocess.run(["lua5.4", file.name, *map(str, arguments)], text=True, capture_output=True)
    ok("lua5.4 runs it", done.returncode == 0, done.stderr)
    return set(done.stdout.splitlines())


def kernel(source):
    done = lunatik("-q", "run", "-", source=source, limit=100)
    ok("the kernel runs it", done.returncode == 0, done.stderr)
    return set(done.stdout.splitlines())


def same(name, got, wanted):
    ok(name, got == wanted and wanted, f"only in the first: {sorted(got - wanted)}", f"only in the kernel: {sorted(wanted - got)}")


def definitions():
    wanted = {"lunatik", "rcu"} | {path.name for path in (TREE / "lib").iterdir() if list(path.glob("*.cpp"))}
    equal("each library has definitions", set(LIBRARIES), wanted)
    there = kernel(INVENTORY + f"show(require, '{' '.join(LIBRARIES)}')")
    defined = lua(INVENTORY + f"show(function(name) return dofile('{SHARE}/luacats/' .. name .. '.lua') end, arg[1])",
                  " ".join(LIBRARIES))
    same("they have what the kernel has, constants with their values", defined, there)
    # Damaged definitions are seen: the comparison is none of two empty sets.
    ok("and there is something to compare", len(there) > 300 and "linux\terrno.NOENT\t2" in there, len(there))


def functions(text):
    """(name, parameters) of a file: parameters as (name, optional, type)."""
    parameters = []
    for line in text.splitlines():
        if match := re.match(r"---@param (\S+?)(\?)? (\S+)", line):
            parameters.append((match[1], bool(match[2]), match[3]))
        elif match := re.match(r"function (\w+)([.:])(\w+)\((.*)\) end$", line):
            yield match[1], match[2], match[3], [name.strip() for name in match[4].split(",") if name.strip()], parameters
            parameters = []


def arguments():
    """Each first argument of a library's function that has a type is asked for by the kernel: given a value of no type of
    its own, it names the type; left out though it must not be, it says so."""
    said = {"integer": "number", "string": "string", "function": "function", "boolean": "boolean", "table": "table"}
    probes, wanted = [], {}
    for stub in STUBS:
        text = stub.read_text()
        count = len(list(functions(text)))
        ok(f"{stub.stem}: each function has as many @param as arguments", all(
            [name for name, _, _ in parameters] == names for _, _, _, names, parameters in functions(text)) and count)
        for _, kind, name, _, parameters in functions(text):
            if kind != "." or not parameters or parameters[0][2].split(".")[0] not in (*said, "lunatik"):
                continue
            _, optional, expected = parameters[0]
            if re.search(rf"^---@class {re.escape(expected)}\n(---.*\n)*local ", text, re.M):
                continue    # an object's class, and no table with named fields
            expected = "table" if re.fullmatch(rf"lunatik\.{stub.stem}\.\w+", expected) else expected
            if expected not in said:
                continue
            probes.append(f"try('{stub.stem}', '{name}')")
            wanted[f"{stub.stem}.{name}"] = (said[expected], optional)
    source = r"""
local function try(library, name)
	local f = require(library)[name]
	-- No type takes a coroutine.
	local _, wrong = pcall(f, coroutine.create(print))
	local absent, none = pcall(f)
	if tostring(wrong):match("needs a %a+ runtime") then
		return
	end
	print(library .. "." .. name, tostring(wrong):match("%((%a+) expected, got thread%)"),
		not absent and tostring(none):match("bad argument #1 .*no value") and true or false)
end
""" + "\n".join(probe for probe in probes if "linux', 'schedule" not in probe)
    got = {}
    for line in kernel(source):
        name, kind, refused = line.split("\t")
        got[name] = (kind, refused != "true")
    # Its first argument may be left out, and it would sleep for ever; these want another context before all else.
    for name in ("linux.schedule", "notifier.keyboard", "notifier.vterm", "netfilter.register", "xdp.attach", "xtable.match", "xtable.target"):
        ok(f"{name} has a definition", wanted.pop(name, None))
    equal("the kernel wants the types that the definitions say", got, wanted)
    ok("of many functions", len(got) > 25, len(got))


def weak():
    """A type is left open only where the kernel leaves it open: values of shared tables, and what passes through."""
    found = set()
    for stub in STUBS:
        owner, named = None, []
        for line in stub.read_text().splitlines():
            if match := re.match(r"---@class (\S+)", line):
                owner = match[1]
            elif match := re.match(r"---@field \[\w+\] (\S+)", line):
                found |= {f"{owner} []"} if re.search(r"\b(any|userdata|table)\b", match[1]) else set()
            elif match := re.match(r"---@(param \S+|return) (\S+)", line):
                named.append((match[1].split()[-1].rstrip("?"), match[2]))
            elif match := re.match(r"function ([\w.:]+)\(", line):
                found |= {f"{match[1]} {what}" for what, kind in named if kind in ("any", "userdata", "table", "any?")}
                named = []
    equal("types that are left open", sorted(found), ["lunatik.rcu.table []", "lunatik.xtable.par []", "runtime_object:resume ...",
                                                      "runtime_object:resume return"])
    for library, line in (("buffer", "---@field [integer] integer #"), ("rcu", "---@param t lunatik.rcu.table #"),
                          ("rcu", "---@param callback fun(key: string, value: any) #"), ("skb", "---@return lunatik.data data #"),
                          ("socket", "---@return integer|string? address2 #"), ("socket", "---@param address3? integer|string #"),
                          ("crypto", "---@param data string|lunatik.buffer #"), ("thread", "---@return { cpu: integer, command: string, ")):
        text = (SHARE / "luacats" / f"{library}.lua").read_text()
        ok(f"{library} has {line}", "\n" + line in text, text[:1000])


def luacheck(*words, source=None):
    done = subprocess.run(["luacheck", "--no-color", "--no-cache", *map(str, words)], text=True, capture_output=True, input=source)
    return done.returncode, done.stdout + done.stderr


def lint():
    config = SHARE / "luacheckrc"
    equal("the installed configuration is the tree's", config.read_text(), (TREE / ".luacheckrc").read_text())
    same("it has the globals of the kernel", lua(CONFIGURED, config), kernel(GLOBALS))
    # Other suites may have put scripts of their own beside those that are installed.
    suites = [SCRIPTS / f"{path.stem}.lua" for path in (TREE / "tests/guest/lib").glob("*.lua") if path.stem in SUITES]
    equal("the suites are installed", [path.name for path in suites if path.is_file()], [path.name for path in suites])
    scripts = sorted((TREE / "examples").rglob("*.lua")) + sorted((TREE / "lib").rglob("*.lua")) + suites
    status, said = luacheck("--config", config, *scripts)
    ok(f"no warning in {len(scripts)} examples, libraries and installed suites", status == 0 and len(suites) > 3, said)
    for source, complaint in (("os.exit()", "undefined variable 'os'"), ("print(math.floor(1))", "undefined field 'floor'"),
                              ("x = 1", "setting non-standard global variable 'x'"), ("local y = 1", "unused variable 'y'"),
                              ("print(io)", "undefined variable 'io'")):
        status, said = luacheck("--config", config, "-", source=source)
        ok(f"'{source}' is warned of", status == 1 and complaint.replace("'", "") in said.replace("'", ""), status, said)


def main():
    definitions()
    arguments()
    weak()
    lint()
    return finish()


if __name__ == "__main__":
    sys.exit(main())
