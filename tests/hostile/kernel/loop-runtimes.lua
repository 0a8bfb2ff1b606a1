-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- in: process thread
-- expect: stopped
-- Runtimes that end at once.
local lunatik = require("lunatik")
-- hook
while true do local r <close> = lunatik.runtime("test/nothing") end
