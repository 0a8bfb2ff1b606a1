#!/usr/bin/python3
# SPDX-License-Identifier: MIT OR GPL-2.0-only
# suite: debug timeout=600
"""Every function and method, as the tables of the built modules have them, used in every wrong way: no receiver, one of another
type or class, a closed one, one whose maker has ended; every argument of every wrong type and out of range; what may sleep, where
nothing may."""

import os
import pathlib
import platform
import re
import sys

TREE = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), "lib"))
sys.path.insert(0, str(TREE / "editor"))
import tables
from ktap import equal, finish, install, lunatik, ok, run_test, stop, unhurried

LIB = pathlib.Path(__file__).parent / "lib"
EXACT, CONTEXT_OPTIONS = 64, {"hardirq", "softirq"}


def literal(value):
    """A value as Lua's source has it."""
    if value is None:
        return "nil"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return "math.mininteger" if value == -(1 << 63) else str(value)
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    if isinstance(value, dict):
        return "{ " + ", ".join(f"[{literal(key)}] = {literal(one)}" for key, one in value.items() if one is not None) + " }"
    return "{ " + ", ".join(map(literal, value)) + " }"


def described(function, contexts):
    return {"name": function.name, "sleeps": bool(function.flags & tables.SLEEPS), "stops": bool(function.flags & tables.STOP),
            "context": contexts.get(function.cls, "process") if function.flags & EXACT else "process",
            "parameters": [{"kind": one.kind, "optional": one.optional, "minimum": one.minimum, "maximum": one.maximum,
                            "class": one.cls, "field": one.field} for one in function.parameters]}


# Functions whose context is not that of their class' objects in objects.lua: the suite of the class looks at them.
ELSEWHERE = {("notifier", "keyboard"), ("notifier", "vterm")}
# The shape of the arguments is looked at by the body.
VARIADIC = {("lunatik.runtime", "resume"), ("rcu", "map")}


def description(library, context, contexts):
    return {"name": library.name, "context": context,
            "functions": [described(one, contexts) for one in library.functions
                          if (library.name, one.name) not in ELSEWHERE | VARIADIC],
            "classes": {name: [described(one, contexts) for one in methods if not one.name.startswith("__")]
                        for name, methods in library.classes.items()}}


def wrong_uses(library, context, contexts):
    name = f"matrix_{library.name}_{context}"
    source = ('local matrix, ktap = require("test/matrix"), require("test/ktap")\n'
              f"matrix.wrong_uses({literal(description(library, context, contexts))})\nktap.finish()\n")
    report(f"{library.name}, {context}", run_test(name, source, context))
    stop(f"test/{name}")


def report(name, result):
    print(f"# Subtest: {name}\n    KTAP version 1")
    for line in result.stdout.splitlines():
        print("    " + line)
    ok(name, result.returncode == 0 and "\n1.." in "\n" + result.stdout, result.stderr)


def atomic(libraries, context, contexts):
    """A task of an atomic runtime runs under its spinlock: nothing in it may sleep."""
    calls = "\n".join(f"matrix.atomic({literal(description(library, context, contexts))}, '{context}', made)" for library in libraries)
    install(f"matrix_{context}", 'local matrix, ktap, objects = require("test/matrix"), require("test/ktap"), require("test/objects")\n'
            "local made = {}\n"
            f"for class, recipe in pairs(objects) do\n"
            f"    local success, object = pcall(recipe.make or error)\n"
            f"    if success then made[class] = object end\n"
            f"end\n"
            + "".join(f"require('{library.name}')\n" for library in libraries) +
            f"return function()\n{calls}\nktap.finish()\nend\n")
    result = lunatik("run", "-e", f'local r = require("lunatik").runtime("test/matrix_{context}", "{context}") '
                     "r:resume() r:stop()", limit=60)
    # Its prints are the inner runtime's: the log has them.
    log = lunatik("log", f"test/matrix_{context}").stdout
    lines = [line.split(": ", 1)[1] for line in log.splitlines() if ": " in line]
    failed = [line for line in lines if line.startswith("not ok")]
    count = sum(line.startswith("ok ") for line in lines)
    ok(f"in a {context} runtime what may sleep says so ({count} functions)", result.returncode == 0 and not failed and count > 5,
       result.stderr, *failed)


def ended_makers(libraries):
    """Objects in the table all runtimes share, used after the runtime that made them has ended."""
    for library in libraries:
        for name, methods in library.classes.items():
            if name in ("skb", "xtable.par"):
                continue
            made = run_test("maker", f'require("lunatik")._ENV.matrix = require("test/objects")["{name}"].make()')
            if made.returncode:
                # SINGLE objects do not leave their runtime, and say so.
                ok(f"{name}: its objects stay where they are made",
                   "cannot leave its runtime" in made.stderr or "needs a" in made.stderr, made.stderr)
                continue
            stop("test/maker")
            listed = literal([described(one, {}) for one in methods if not one.name.startswith("__")])
            used = lunatik("run", "-e", f'require("{library.name}") local object = require("lunatik")._ENV.matrix '
                           f'require("test/matrix").use(object, {listed}) require("lunatik")._ENV.matrix = nil print("used")', limit=60)
            equal(f"{name}: used after its maker has ended", used.stdout, "used\n")


def main():
    for name in ("ktap", "matrix", "objects"):
        install(name, (LIB / f"{name}.lua").read_text())
    install("nothing", "return function() end")
    install("task", 'return function() require("linux").schedule() end')
    contexts = dict(re.findall(r"(\w+) = \{\s+context = \"(\w+)\"", (LIB / "objects.lua").read_text()))
    equal("the classes of other contexts", contexts, {"netfilter": "softirq", "probe": "hardirq", "xdp": "softirq", "xtable": "softirq"})
    built = sorted((TREE / "build/modules" / platform.release()).glob("*.ko"))
    libraries = sorted(tables.libraries(built).values(), key=lambda library: library.name)
    ok("the tables of all libraries are read", len(libraries) > 10, [library.name for library in libraries])
    # What an old kernel cannot have says so; its suite looks at that.
    libraries = [library for library in libraries
                 if "this kernel is too old" not in lunatik("run", "-e", f"require('{library.name}')").stderr]
    with unhurried():
        for library in libraries:
            for context in sorted({"process"} | {contexts.get(name, "process") for name in library.classes}):
                wrong_uses(library, context, contexts)
        for context in sorted(CONTEXT_OPTIONS):
            atomic(libraries, context, contexts)
        ended_makers(libraries)
    equal("nothing is left", lunatik("-q", "list").stdout, "")
    return finish()


if __name__ == "__main__":
    sys.exit(main())
