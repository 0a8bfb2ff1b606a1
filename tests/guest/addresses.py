#!/usr/bin/python3
# SPDX-License-Identifier: MIT OR GPL-2.0-only
# suite: timeout=300 append=init_on_alloc=0
"""No output has an address of the kernel's in it: every class' objects as text, errors with them, tracebacks, what the commands
show, the logs. And nobody is given memory that others have written."""

import os
import pathlib
import re
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), "lib"))
from ktap import SCRIPTS, equal, finish, install, lunatik, ok, start, stop

LIB = pathlib.Path(__file__).parent / "lib"
# An address of the upper half, in digits of either kind; with a sign as Lua has it.
HEXADECIMAL = re.compile(r"(?i)(?<![0-9a-f])(?:0x)?ffff[0-9a-f]{12}(?![0-9a-f])")
DECIMAL = re.compile(r"(?<![\w.])-?\d{10,20}(?![\w.])")


def is_address(number):
    return -(1 << 47) <= number <= -(1 << 28) or (1 << 64) - (1 << 47) <= number < (1 << 64) - (1 << 28)


def addresses(text):
    return HEXADECIMAL.findall(text) + [number for number in DECIMAL.findall(text) if is_address(int(number))]


def clean(what, text):
    found = addresses(text)
    return ok(f"{what}: no address", not found and text.strip(), found[:5], text[-500:])


def itself():
    """The scan sees what it is for, and nothing else."""
    for text in ("0xffff888004a3c000", "ffffffff81000000", "table: FFFF888004A3C000", "-131941318803456", "18446612132390748160"):
        ok(f"{text} is an address", addresses(text))
    for text in ("0000000012345678", "table: 0x00000000deadbeef", "1700000000000000000", "-1", "-9223372036854775808", "ffff", "4294967295"):
        ok(f"{text} is none", not addresses(text))


# Everything a script can make of an object that is text.
SHOW = r'''
local objects, matrix = require("test/objects"), require("test/matrix")
local function show(what, value)
	print(what, tostring(value), type(value), ("%p"):format(value), ("%s"):format(value))
	print(select(2, pcall(error, value)))
	print(pcall(function() return value + 1 end))
	print(pcall(function() return value .. "x" end))
	print(pcall(function() return value < value end))
	print(pcall(function() return value.nothing.nothing end))
	print(pcall(function() return #value end))
	print(pcall(function() return value() end))
	print(pcall(string.rep, value))
	print(pcall(setmetatable, value, {}))
	print(pcall(next, value))
	print(xpcall(function() error(value) end, function(e) return debug.traceback(tostring(e)) end))
end
for _, value in ipairs { print, {}, function() end, coroutine.create(print), "text", 1, true } do show(type(value), value) end
show("runtime", require("lunatik")._ENV)
for class, recipe in pairs(objects) do
	if recipe.make and (recipe.context or "process") == "CONTEXT" then
		local object = recipe.make()
		show(class, object)
		local library = package.loaded[class] or {}
		for name, method in pairs(library) do
			if type(method) == "function" and name ~= "stop" and name ~= "delete" then
				print(class, name, tostring(method), pcall(method))
			end
		end
		pcall(function() object:stop() end)
		print(class, tostring(object))
	end
end
for name, library in pairs(package.loaded) do
	print(name, tostring(library))
	if type(library) == "table" then
		for key, value in pairs(library) do print(key, tostring(value), ("%p"):format(value)) end
	end
end
for key, value in pairs(debug.getregistry and debug.getregistry() or {}) do print(tostring(key), tostring(value)) end
'''


def text_of_objects():
    for path in LIB.glob("*.lua"):
        install(path.stem, path.read_text())
    install("nothing", "")
    install("task", 'return function() local thread = require("thread") while not thread.shouldstop() do '
            'require("linux").schedule(20) end end')
    for context in ("process", "softirq", "hardirq"):
        install("a_show", SHOW.replace("CONTEXT", context))
        result = lunatik("run", "test/a_show", context, limit=100)
        ok(f"objects in a {context} runtime", result.returncode == 0, result.stderr)
        clean(f"objects in a {context} runtime", result.stdout)
        stop("test/a_show")
    result = lunatik("run", "-e", 'local s = require("syscall") return s.address(s.number("getppid"))')
    clean("an address of the kernel's, as a light userdata", result.stdout + result.stderr)
    result = lunatik("run", "-e", 'local t = {} for _, v in ipairs{print, {}, coroutine.create(print)} do t[#t + 1] = ("%p"):format(v) end '
                     'return table.concat(t, " ")')
    equal("what %p gives is no address but a number of 32 bits",
          [bool(re.fullmatch(r"(0x)?0{8}[0-9a-f]{8}", word)) for word in result.stdout.split()], [True] * 3)


def errors():
    deep = 'local function f(n) if n == 0 then error({}) end return (f(n - 1)) end f(20)'
    for what, arguments in (("a traceback", ("-e", deep)), ("an error that is a table", ("-e", "error({})")),
                            ("one that is a function", ("-e", "error(print)")), ("one in C", ("-e", "string.rep()")),
                            ("one of a finalizer's", ("-e", "setmetatable({}, {__gc = function() error({}) end}) collectgarbage()")),
                            ("a module that is not there", ("-e", "require('nothing.there')"))):
        result = lunatik("run", *arguments)
        clean(what, result.stdout + result.stderr + ".")
        result = lunatik("-j", "run", *arguments)
        clean(f"{what}, as JSON", result.stdout + result.stderr + ".")


def commands():
    run = lunatik("run", "test/task")
    ok("something to show", run.returncode == 0, run.stderr)
    lunatik("state", "create", "a_state")
    lunatik("state", "exec", "a_state", "print(print, {}) error({})")
    for words in (["list"], ["stats"], ["top", "-n", "1"], ["log"], ["state", "list"], ["doctor"]):
        result = lunatik(*words)
        clean(" ".join(words), result.stdout + result.stderr)
        result = lunatik("-j", *words)
        clean(" ".join(words) + ", as JSON", result.stdout + result.stderr)
    monitor = start("-j", "monitor", "-n", "3")
    for _ in range(5):
        lunatik("state", "exec", "a_state", "print(print, {}) error({})")
    clean("monitor", monitor.communicate(timeout=100)[0])
    lunatik("state", "close", "a_state")
    stop("test/task")
    kernel = subprocess.run("dmesg", capture_output=True, text=True).stdout
    clean("the kernel's log", "\n".join(line for line in kernel.splitlines() if "lunatik" in line))


def memory():
    """What others had is not in what is new: memory is filled, freed and asked for again, in all sizes."""
    result = lunatik("run", "-e", r'''
local data = require("data")
local dirty = 0
for round = 1, 5 do
	for _, size in ipairs { 1, 7, 8, 24, 63, 64, 100, 200, 256, 500, 512, 1000, 1024, 2000, 4000, 4096, 8192, 40000, 100000 } do
		local fill = data.new(size)
		fill:setstring(0, ("\xa5"):rep(size))
		fill = nil
		collectgarbage()
		local fresh = data.new(size)
		if fresh:getstring(0, size):find("[^\0]") then dirty = dirty + 1 end
	end
end
return dirty
''', limit=60)
    equal("new memory is zero", result.stdout.strip(), "0")


itself()
text_of_objects()
errors()
commands()
memory()
sys.exit(finish())
