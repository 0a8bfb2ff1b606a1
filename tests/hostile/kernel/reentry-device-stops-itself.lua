-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- in: process thread
-- expect: ok
-- Devices that end in the middle.
local device = require("device")
-- hook
for i = 1, 20 do
	local one
	one = device.new { name = "hostile_stop", open = function() one:stop() end }
	loadfile("/dev/hostile_stop")
	one:stop()
end
