-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- in: process thread
-- expect: ok
-- A script that reads its own device, which its runtime would have to answer.
local device = require("device").new { name = "hostile_self", read = function() return "return 1" end }
-- hook
local chunk, message = loadfile("/dev/hostile_self")
assert(not chunk and message, message)
device:stop()
