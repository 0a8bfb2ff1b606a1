-- SPDX-License-Identifier: MIT OR GPL-2.0-only
--
-- Keys and values in memory, for everybody on this machine: `lunatik spawn examples/shared`, then `nc 127.0.0.1 90`.
-- "key=value" sets, "key" shows; a key that has no value shows an empty line.
--
-- One script in two roles: the server, and in a runtime of its own for each client, a session. What they share is in
-- lunatik._ENV, under a prefix.

local lunatik = require("lunatik")
local socket = require("socket")
local inet = require("socket.inet")
local thread = require("thread")

local address, port = "127.0.0.1", 90
local max_clients, max_keys, max_line = 64, 1024, 1024
local prefix = "examples/shared/"

local store = lunatik._ENV

local function set(key, value)
	local count = store[prefix .. "#"] or 0
	if store[prefix .. key] == nil then
		if count >= max_keys then
			return
		end
		store[prefix .. "#"] = count + 1
	end
	store[prefix .. key] = value
end

-- Of what has come so far, answers each whole line, and returns the rest.
local function answer(client, text)
	local rest = text:gsub("([^\n]*)\n", function(line)
		local key, value = line:match("^(%w+)=(.*)$")
		if key and #key <= 64 then
			set(key, value)
		elseif line:match("^%w+$") then
			client:send((store[prefix .. line] or "") .. "\n")
		end
		return ""
	end)
	return rest
end

local function session(client)
	local text = ""
	while #text <= max_line do
		local more = client:receive(max_line)
		if more == "" then
			return
		end
		text = answer(client, text .. more)
	end
end

local function serve(client)
	-- A client may reset its connection at any time.
	pcall(session, client)
	client:close()
end

-- Forgets the runtimes whose session is over; there is room for another client if this returns true.
local function room(sessions)
	for i = #sessions, 1, -1 do
		if not pcall(sessions[i].thread.task, sessions[i].thread) then
			sessions[i].runtime:stop()
			table.remove(sessions, i)
		end
	end
	return #sessions < max_clients
end

local function server()
	local listener <close> = inet.tcp()
	listener:setsockopt(socket.sol.SOCKET, socket.so.REUSEADDR, 1)
	listener:bind(address, port)
	listener:listen()
	local sessions = {}
	while not thread.shouldstop() do
		local accepted, client = pcall(listener.accept, listener)
		if accepted and not room(sessions) then
			client:close()
		elseif accepted then
			local runtime = lunatik.runtime("examples/shared")
			runtime:resume(client.socket)
			sessions[#sessions + 1] = { runtime = runtime, thread = thread.run(runtime, "shared") }
		end
	end
	for _, each in ipairs(sessions) do
		pcall(each.thread.stop, each.thread)
	end
end

-- Called without a client, by the thread of `lunatik spawn`, it is the server.
return function(client)
	if not client then
		return server()
	end
	return function()
		serve(client)
	end
end
