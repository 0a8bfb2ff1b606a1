-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- in: process thread
-- expect: stopped
-- It waits for a packet that nobody sends.
local socket = require("socket")
local s = socket.new(socket.af.UNIX, socket.sock.DGRAM, 0)
s:bind("\0hostile-receive")
-- hook
while true do pcall(s.receive, s, 100) end
