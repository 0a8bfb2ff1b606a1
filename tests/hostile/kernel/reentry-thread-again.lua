-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- in: process thread
-- expect: ok
-- Threads of a runtime that has one, or of nothing.
local thread, lunatik = require("thread"), require("lunatik")
-- hook
local inner = lunatik.runtime("test/nothing")
local one = thread.run(inner, "hostile")
pcall(thread.run, inner, "again")
one:stop()
one:stop()
inner:stop()
assert(not pcall(thread.run, inner, "after"))
