-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- in: process thread
-- expect: error: not enough memory
-- Sockets until there are no more.
local socket = require("socket")
-- hook
local kept = {}
while true do kept[#kept + 1] = socket.new(socket.af.INET, socket.sock.DGRAM, 0) end
