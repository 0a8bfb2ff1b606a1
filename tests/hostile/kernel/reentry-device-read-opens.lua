-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- in: process thread
-- expect: ok
-- The same from the device's own callback, by way of another runtime's device.
local device
device = require("device").new { name = "hostile_read", read = function() return loadfile("/dev/hostile_read") and "" or "" end }
-- hook
assert(not loadfile("/dev/hostile_read"))
device:stop()
