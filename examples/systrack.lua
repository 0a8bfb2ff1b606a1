-- SPDX-License-Identifier: MIT OR GPL-2.0-only
--
-- systrack: /dev/systrack says how often some system calls were made since the script was started. Run it with
-- `lunatik run examples/systrack`.

local data = require("data")
local device = require("device")
local lunatik = require("lunatik")
local stat = require("linux").stat

local calls = { "openat", "read", "write", "readv", "writev", "close" }

-- A probe's handlers live in a runtime of their own; both have the counts.
local counts = data.new(8 * #calls)
local probes = lunatik.runtime("examples/systrack/probes", "hardirq")

local driver = { name = "systrack", mode = stat.IRUGO }

function driver:read(_, offset)
	if offset > 0 then return nil end
	local lines = {}
	for i, name in ipairs(calls) do lines[i] = ("%s: %d\n"):format(name, counts:getint64(8 * (i - 1))) end
	return table.concat(lines)
end

probes:resume(counts)
device.new(driver)
