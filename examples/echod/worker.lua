-- SPDX-License-Identifier: MIT OR GPL-2.0-only
--
-- A worker of examples/echod/daemon: serves one client after the other.

local thread = require("thread")
require("socket")

local function echo(client)
	while true do
		local message = client:receive(4096)
		if message == "" then
			return
		end
		client:send(message)
	end
end

-- Each ends the session or the wait, not the worker: a client that resets its connection, and being asked to stop.
local function serve(server, busy, back)
	while not thread.shouldstop() do
		local accepted, client = pcall(server.accept, server)
		if accepted then
			busy:complete()
			pcall(echo, client)
			client:close()
			back:complete()
		elseif client == "EBADF" then
			return
		end
	end
end

-- The daemon calls the first function, in its own thread; the worker's thread calls what that returns.
return function(server, busy, back)
	return function()
		serve(server, busy, back)
	end
end
