-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- in: process thread
-- expect: stopped
-- It fills its own queue and waits for itself.
local socket = require("socket")
local s = socket.new(socket.af.UNIX, socket.sock.DGRAM, 0)
s:bind("\0hostile-send")
-- hook
while true do pcall(s.send, s, "text", "\0hostile-send") end
