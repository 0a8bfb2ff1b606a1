-- SPDX-License-Identifier: MIT OR GPL-2.0-only
--
-- An echo server: `lunatik spawn examples/echod/daemon`, then `nc 127.0.0.1 1337`.
--
-- The daemon only starts workers, each a thread with a runtime of its own; they wait for clients at one socket together. So a
-- client finds a worker that is there already, and the daemon starts another for the next one.

local lunatik = require("lunatik")
local socket = require("socket")
local inet = require("socket.inet")
local thread = require("thread")
local completion = require("completion")

local address, port = "127.0.0.1", 1337
local idle_workers = 4

local server = inet.tcp()
server:setsockopt(socket.sol.SOCKET, socket.so.REUSEADDR, 1)
server:bind(address, port)
server:listen()

-- Completions count: how many workers have got a client, and how many have come back from one.
local busy, back = completion.new(), completion.new()
local workers = {}

local function start_worker()
	local runtime = lunatik.runtime("examples/echod/worker")
	runtime:resume(server.socket, busy, back)
	local worker = thread.run(runtime, "echod/" .. #workers + 1)
	workers[#workers + 1] = { runtime = runtime, thread = worker }
end

-- Workers that wait for a client see that the server is closed; those that serve one are asked to stop.
local function stop_workers()
	server:close()
	for _, worker in ipairs(workers) do
		pcall(worker.thread.stop, worker.thread)
	end
end

return function()
	print("echod: listening at " .. address .. ":" .. port)
	for _ = 1, idle_workers do
		start_worker()
	end
	while not thread.shouldstop() do
		if busy:wait() and not back:wait(0) then
			local started, message = pcall(start_worker)
			if not started then
				-- Clients wait until a worker is back.
				print("echod: no further worker: " .. tostring(message))
			end
		end
	end
	stop_workers()
	print("echod: stopped")
end
