#!/usr/bin/python3
# SPDX-License-Identifier: MIT OR GPL-2.0-only
# suite: debug timeout=300
"""The library completion: right and wrong uses of each function, several who wait, and what ends a wait: stop, Ctrl-C,
SIGKILL, a signal to a device's reader, the completion closed by another."""

import os
import signal
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), "lib"))
from ktap import SLOW, equal, faster, finish, install, like, lua_suite, lunatik, ok, run_script, start, state, stop, within

# The promise is one second; an emulated processor that others share gets three.
LIMIT = 3

INNER = """
local completion = require("completion")
return function(what, c)
    while true do
        if what == "new" then
            what, c = coroutine.yield(completion.new())
        elseif what == "same" then
            what, c = coroutine.yield(c)
        else
            what, c = coroutine.yield(c[what](c))
        end
    end
end
"""

# Waits, and says in the shared table how that ended.
WAITER = """
local shared, name = require("lunatik")._ENV, ...
return function()
    shared["began" .. name] = true
    local result, reason = shared.t_completion:wait()
    shared["ended" .. name] = tostring(result) .. " " .. tostring(reason)
end
"""


def shared(expression):
    return lunatik("run", "-e", f"local shared = require('lunatik')._ENV {expression}").stdout.strip()


def ended(count):
    return int(shared(f"local n = 0 for i = 1, {count} do n = n + (shared['ended' .. i] and 1 or 0) end return n"))


def alone():
    install("cm_inner", INNER)
    lua_suite("completion")


def several():
    """complete() wakes one, complete_all() the rest."""
    shared("shared.t_completion = require('completion').new()")
    install("cm_waiter", WAITER)
    for number in range(1, 5):
        equal(f"spawn {number}", lunatik("spawn", "test/cm_waiter", "--name", f"waiter{number}", "--", str(number)).returncode, 0)
    ok("they wait", within(10, lambda: shared("return shared.began1 and shared.began2 and shared.began3 and shared.began4") == "true"))
    time.sleep(0.3)
    equal("none has ended", ended(4), 0)
    for number in (1, 2):
        shared("shared.t_completion:complete()")
        ok(f"complete() lets one through: {number}", within(LIMIT, lambda: ended(4) == number), ended(4))
        time.sleep(0.3)
        equal("and no other", ended(4), number)
    shared("shared.t_completion:complete_all()")
    ok("complete_all() lets the rest through", within(LIMIT, lambda: ended(4) == 4), ended(4))
    equal("each with true", shared("return shared.ended1, shared.ended2, shared.ended3, shared.ended4"), "\t".join(["true nil"] * 4))
    for number in range(1, 5):
        stop(f"waiter{number}")
    shared("for i = 1, 4 do shared['began' .. i] = nil shared['ended' .. i] = nil end shared.t_completion = nil")


def stopped():
    """What ends a wait that nobody completes."""
    wait = "require('completion').new():wait()"
    swallowed = "local c = require('completion').new() while true do pcall(c.wait, c) end"
    install("cm_wait", wait)
    for name, source in {"wait()": wait, "wait(1 hour)": wait.replace("wait()", "wait(3600000)"), "wait() in a loop of pcall": swallowed,
                         "wait() of a script inside": "require('lunatik').runtime('test/cm_wait')"}.items():
        for how in ("stop", "Ctrl-C", "SIGKILL"):
            client = start("run", "-e", source, "--name", "waits")
            within(10, lambda: state("waits") is not None)
            time.sleep(0.4)
            trouble = [] if client.poll() is None else [f"it ended by itself: {client.communicate()}"]
            begin = time.monotonic()
            if how == "stop":
                stop("waits")
            else:
                client.send_signal(signal.SIGINT if how == "Ctrl-C" else signal.SIGKILL)
            gone = within(LIMIT, lambda: state("waits") is None)
            took = time.monotonic() - begin
            try:
                client.communicate(timeout=LIMIT * SLOW)
            except subprocess.TimeoutExpired:
                trouble.append("the client does not end")
                client.kill()
                client.communicate()
            ok(f"{name}: {how}", gone and took < LIMIT * SLOW and not trouble, f"{took:.2f} s, state {state('waits')}", *trouble)
            if not gone:
                stop("waits")
    shared("shared.t_completion = require('completion').new()")
    equal("spawn one that waits", lunatik("spawn", "test/cm_waiter", "--name", "waiter", "--", "1").returncode, 0)
    within(10, lambda: shared("return shared.began1") == "true")
    time.sleep(0.3)
    with faster("stop of a thread that waits", LIMIT):
        stop("waiter")
    equal("what its wait() said", shared("return shared.ended1"), "nil interrupt")
    shared("shared.began1, shared.ended1 = nil, nil")
    for name, source in {"a loop of waits": "return function() local c = require('completion').new() while true do c:wait() end end",
                         "a body in softirq": "require('lunatik').runtime('test/cm_wait', 'softirq')",
                         "a finalizer": "c = require('completion').new() keep = setmetatable({}, {__gc = function() c:wait() end})"}.items():
        install("cm_stuck", source)
        client = start("spawn", "test/cm_stuck", "--name", "stuck")
        within(10, lambda: state("stuck") is not None)
        time.sleep(0.5)
        with faster(f"stop of {name}", LIMIT):
            stop("stuck")
            client.communicate()
        equal(f"{name} is gone", state("stuck"), None)


def signalled():
    """A device's callback waits in the reader's own task: a signal to it ends the wait."""
    run_script("driver", """
        local c = require("completion").new()
        require("device").new { name = "t_completion", read = function()
            local _, reason = c:wait()
            return reason
        end }""")
    reader = subprocess.Popen(["cat", "/dev/t_completion"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    within(10, lambda: state("driver") == "running")
    with faster("a reader that is killed while the driver waits", LIMIT):
        reader.kill()
        reader.wait()
    ok("and the driver is free", within(LIMIT, lambda: state("driver") == "ready"), state("driver"))
    stop("driver")


def closed():
    """Who waits for a completion that another closes, or drops, is not left waiting for nothing and not for freed memory."""
    shared("shared.t_completion = require('completion').new()")
    install("cm_last", """
        return function()
            local shared = require("lunatik")._ENV
            local c = shared.t_completion
            shared.t_began = true
            shared.t_ended = table.concat({ tostring((pcall(c.wait, c))), select(2, pcall(c.wait, c)) }, " ")
        end""")
    for name, action in {"closed": "local c <close> = shared.t_completion", "forgotten, then nobody can": "shared.t_completion = nil"}.items():
        shared("shared.t_completion, shared.t_began, shared.t_ended = require('completion').new(), nil, nil")
        lunatik("spawn", "test/cm_last", "--name", "last")
        within(10, lambda: shared("return shared.t_began") == "true")
        time.sleep(0.3)
        shared(action)
        if name == "closed":
            ok("a wait ends when the completion is closed", within(LIMIT, lambda: shared("return shared.t_ended") == "false EBADF"),
               shared("return shared.t_ended"))
        else:
            time.sleep(0.3)
            equal("a wait for a completion that all others forgot goes on", shared("return shared.t_ended"), "nil")
        with faster(f"stop of who waits for one that is {name}", LIMIT):
            stop("last")
    shared("shared.t_completion, shared.t_began, shared.t_ended = nil, nil, nil")


def main():
    # What is read from disk for the first time counts for nobody's limit.
    stop("nobody")
    for part in (alone, several, stopped, signalled, closed):
        part()
    with faster("unload", 8):
        like("unload", str(lunatik("unload").returncode), "^0$")
    return finish()


sys.exit(main())
