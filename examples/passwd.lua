-- SPDX-License-Identifier: MIT OR GPL-2.0-only
--
-- /dev/passwd: random printable characters, as many as are read.
--
--   sudo lunatik run passwd
--   head -c 16 /dev/passwd

local device = require("device")
local linux = require("linux")

local stat = linux.stat
local driver = {name = "passwd", mode = stat.IRUGO}

function driver:read() -- read(2)
	return string.char(linux.random(32, 126))
end

device.new(driver)
