-- SPDX-License-Identifier: MIT OR GPL-2.0-only
--
-- keylocker: the Konami code locks the console's keyboard, and unlocks it. Run it with `lunatik run examples/keylocker`.

local lunatik = require("lunatik")
local notifier = require("notifier")

-- Keys come in interrupts: a process runtime has a hardirq one run this script again, and keeps it for as long as it is there itself.
local made, keys = pcall(lunatik.runtime, "examples/keylocker", "hardirq")
if made then
	return function() return keys end
end

local notify = notifier.notify
local kbd = notifier.kbd

-- Numbers of keys, as <linux/input-event-codes.h> has them.
local UP, DOWN, LEFT, RIGHT, LCTRL, LALT = 103, 108, 105, 106, 29, 56
local CODE = { UP, UP, DOWN, DOWN, LEFT, RIGHT, LEFT, RIGHT, LCTRL, LALT }

local typed = 0
local locked = false

notifier.keyboard(function(event, down, shift, key)
	if event ~= kbd.KEYCODE then return notify.OK end
	if down then
		if key == CODE[typed + 1] then
			typed = typed + 1
		elseif not (typed == 2 and key == UP) then
			-- A third UP leaves the last two typed.
			typed = key == UP and 1 or 0
		end
		if typed == #CODE then
			typed = 0
			locked = not locked
			print(locked and "locked" or "unlocked")
			return notify.STOP
		end
	end
	-- A key that was pressed before may always be released.
	return locked and down and notify.STOP or notify.OK
end)
