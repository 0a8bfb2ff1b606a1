-- SPDX-License-Identifier: MIT OR GPL-2.0-only
--
-- The part of spyglass that hears the keys, in the keyboard's interrupt.

local notifier = require("notifier")
local kbd, notify = notifier.kbd, notifier.notify

local HEAD, ENABLED, RING, SIZE = 0, 8, 16, 4096
local shared

-- <linux/keyboard.h>: a keysym is a type and a value, kept with 0xf0 added to the type. A letter is one that caps lock changes.
local LATIN, SPEC, LETTER = 0xf0, 0xf2, 0xfb
local ENTER = 1

notifier.keyboard(function(event, down, shift, key)
	if not shared or event ~= kbd.KEYSYM or not down or shared:getbyte(ENABLED) == 0 then return notify.OK end
	local type, value = key >> 8, key & 0xff
	if type == SPEC and value == ENTER then
		value = 10
	elseif type ~= LATIN and type ~= LETTER then
		return notify.OK
	end
	local head = shared:getint64(HEAD)
	shared:setbyte(RING + head % SIZE, value)
	shared:setint64(HEAD, head + 1)
	return notify.OK
end)

return function(data)
	shared = data
end
