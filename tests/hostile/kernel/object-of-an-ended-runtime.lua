-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- in: process thread
-- expect: ok
-- Another runtime's, which has ended.
local lunatik = require("lunatik")
local inner = lunatik.runtime("test/nothing")
inner:stop()
-- hook
assert(not pcall(inner.resume, inner))
pcall(inner.stop, inner)
