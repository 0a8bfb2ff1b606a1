-- SPDX-License-Identifier: MIT OR GPL-2.0-only
--
-- What ring.c offers to scripts:
--
--   sudo lunatik run ./ring.lua
--
-- Installed as /lib/modules/lua/ring.lua it would hide the module from require("ring").

local ring = require("ring")

local r = ring.new { name = "numbers", size = 2 }
r:push(1)
r:push(2)
print(#r, r:name(), pcall(r.push, r, 3))	--> 2 numbers false ENOSPC
print(r:pop())					--> 1 1
r:close()
print(pcall(r.pop, r))				--> false EBADF

-- The common ring is the same object for every script.
ring.common():push(42)

-- Calls a function every 100 ms; times is a ring that the module made.
local count = 0
local ticker
ticker = ring.ticker { period = 100, tick = function(times)
	count = count + 1
	print("tick", count, times:pop())
	if count == 3 then ticker:stop() end
end }
