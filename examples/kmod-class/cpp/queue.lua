-- SPDX-License-Identifier: MIT OR GPL-2.0-only
--
-- What queue.cpp offers to scripts:
--
--   sudo lunatik run ./queue.lua
--
-- Installed as /lib/modules/lua/queue.lua it would hide the module from require("queue").

local queue = require("queue")

local q = queue.new { size = 2 }
q:push(1)
q:push(2)
print(#q, pcall(q.push, q, 3))	--> 2 false ENOSPC
print(q:pop())			--> 1 1
q:close()
print(pcall(q.pop, q))		--> false EBADF
