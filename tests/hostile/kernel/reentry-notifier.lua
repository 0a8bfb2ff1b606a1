-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- in: process
-- expect: ok
-- A notifier that makes and stops notifiers.
local notifier = require("notifier")
-- hook
local one
one = notifier.netdevice(function() one:stop() local other = notifier.netdevice(print) other:stop() end)
local others = {}
for i = 1, 50 do others[i] = notifier.netdevice(print) end
for i = 1, 50 do others[i]:stop() end
