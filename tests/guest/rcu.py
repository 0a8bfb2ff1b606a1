#!/usr/bin/python3
# SPDX-License-Identifier: MIT OR GPL-2.0-only
# suite: core timeout=500
"""The library rcu: right and wrong uses, readers and writers at once on every CPU, memory, unload with tables in a circle."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), "lib"))
from ktap import SLOW, equal, faster, finish, install, like, lua_suite, lunatik, ok, run_script, state, stop, within

INNER = """
local data, rcu = require("data"), require("rcu")
return function(t)
    if not (t.k7 == 7 and t.nosuch == nil and #t.object == 4) then return "bad read" end
    t.integer, t.string, t.boolean, t.k7 = -5, ("s"):rep(1000), false, nil
    -- Little at a time: where nothing sleeps, nothing takes long.
    for first = 1, 400, 5 do
        for i = first, first + 4 do t["added" .. i] = i end
        for i = first, first + 4 do if t["added" .. i] ~= i then return "lost " .. i end end
        coroutine.yield("more")
    end
    local n = 0
    rcu.map(t, function(key, value) n = n + 1 end)
    t.counted = n == 400 + 50 - 1 + 4
    return "good"
end
"""

# Writes, until the table says that it is over, what readers can check: the value of a key always begins with the key.
WORKER = """
local linux, thread, data = require("linux"), require("thread"), require("data")
local rcu = require("rcu")
return function(t, what, number)
    coroutine.yield()
    local n, bad = 0, 0
    while not t.over and not thread.shouldstop() do
        local key = "k" .. linux.random(200)
        if what == "write" then
            local kind = linux.random(5)
            t[key] = kind == 1 and key .. ("x"):rep(linux.random(200)) or kind == 2 and data.new(8) or kind == 3 and n or kind == 4 and true or nil
        elseif what == "map" then
            rcu.map(t, function(k, v) if type(v) == "string" and v:sub(1, #k) ~= k then bad = bad + 1 end end)
        else
            local v = t[key]
            if type(v) == "string" and v:sub(1, #key) ~= key or type(v) == "userdata" and #v ~= 8 then bad = bad + 1 end
        end
        n = n + 1
    end
    t["n_" .. what .. number], t["bad_" .. what .. number] = n, bad
end
"""


def at_once():
    install("rcu_worker", WORKER)
    run_script("crowd", """
        local lunatik, thread, rcu, linux = require("lunatik"), require("thread"), require("rcu"), require("linux")
        local t, threads = rcu.table(), {}
        for number = 1, 2 do
            for _, what in ipairs { "write", "read", "map" } do
                local runtime = lunatik.runtime("test/rcu_worker")
                runtime:resume(t, what, number)
                threads[#threads + 1] = thread.run(runtime, "rcu_" .. what)
            end
        end
        linux.schedule(5000)
        -- Where a step takes long, stop() would be too impatient with it.
        t.over = true
        for i = 1, 100 do
            local ended = 0
            for name in ("write1 read1 map1 write2 read2 map2"):gmatch("%S+") do ended = ended + (t["bad_" .. name] and 1 or 0) end
            if ended == 6 then break end
            linux.schedule(100)
        end
        for _, worker in ipairs(threads) do worker:stop() end
        local words = {}
        for number = 1, 2 do
            for _, what in ipairs { "write", "read", "map" } do
                local n, bad = t["n_" .. what .. number], t["bad_" .. what .. number]
                words[#words + 1] = (n or 0) > 0 and bad == 0 and "good" or what .. " " .. tostring(n) .. " " .. tostring(bad)
            end
        end
        lunatik._ENV.t_words = table.concat(words, " ")""")
    equal("readers and writers at once see whole values", lunatik("run", "-e", "return require('lunatik')._ENV.t_words").stdout.strip(),
          " ".join(["good"] * 6))
    stop("crowd")


def memory():
    """What a runtime keeps in a table counts against its cap, and nobody else's."""
    result = lunatik("run", "-e", """
        local t = require("rcu").table()
        local n = 0
        local good, why = pcall(function() while true do n = n + 1 t["key" .. n] = ("x"):rep(1000) end end)
        print(good, why, n > 1000 and n < 8000)
        rcu = require("rcu")
        rcu.map(t, function(key) t[key] = nil end)
        t.again = ("y"):rep(100000)
        print(#t.again)""", "--maxalloc", "8M", "--name", "greedy", limit=60)
    like("a table stops at the cap, and goes on when there is room", result.stdout, r"^false\t.*(ENOMEM|not enough memory)\ttrue\n100000\n")
    equal("no error besides", result.stderr, "")
    stop("greedy")


def looping():
    """map() with a callback that looks at nothing ends when it is stopped."""
    run_script("maps", """
        t = require("rcu").table()
        for i = 1, 1000 do t["k" .. i] = i end""")
    stop("maps")
    install("rcu_map", """
        return function()
            local rcu = require("rcu")
            local t = rcu.table()
            for i = 1, 1000 do t["k" .. i] = i end
            while true do pcall(rcu.map, t, function() while true do end end) end
        end""")
    lunatik("spawn", "test/rcu_map", "--name", "mapping")
    within(10, lambda: state("mapping") == "running")
    with faster("stop of a map() whose callback loops", 3):
        stop("mapping")


def unload():
    lunatik("run", "-e", """
        local rcu, data = require("rcu"), require("data")
        local a, b = rcu.table(), rcu.table()
        a.b, b.a, a.self, a.data = b, a, a, data.new(1000)
        for i = 1, 2000 do a["k" .. i] = data.new(10) end
        require("lunatik")._ENV.a = a""")
    with faster("unload with tables in a circle", 8):
        result = lunatik("unload", limit=30)
    equal("unload works", (result.returncode, result.stderr), (0, ""))
    equal("no module is left", [line.split()[0] for line in open("/proc/modules") if line.startswith("lunatik")], [])


def main():
    lunatik("load")
    # How long a step takes on an emulated CPU that others share is not what is tested here.
    with open("/sys/module/lunatik/parameters/budget", "w", encoding="ascii") as budget:
        budget.write("500")
    install("rcu_inner", INNER)
    install("rcu_none", "local nothing = 1")
    lua_suite("rcu")
    for part in (at_once, memory, looping, unload):
        part()
    return finish()


sys.exit(main())
