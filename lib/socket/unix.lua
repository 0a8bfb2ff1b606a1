-- SPDX-License-Identifier: MIT OR GPL-2.0-only
--
-- Sockets of this machine, AF_UNIX, each with the path it was made for.

local socket = require("socket")

local af, sock = socket.af, socket.sock

local unix = {}

local methods = {}
methods.__index = methods
methods.__name = "socket.unix"

local function maker(type)
	return function(path)
		return setmetatable({ socket = socket.new(af.UNIX, type, 0), path = path }, methods)
	end
end

unix.stream = maker(sock.STREAM)
unix.dgram = maker(sock.DGRAM)

local function path_of(self, path)
	path = path or self.path
	if not path then
		error("a path is missing", 0)
	end
	return path
end

-- These are those of the socket underneath.
for _, name in ipairs { "close", "listen", "shutdown", "setsockopt", "getsockopt", "send", "getsockname", "getpeername" } do
	methods[name] = function(self, ...)
		local underneath = self.socket
		return underneath[name](underneath, ...)
	end
end
methods.__close = methods.close

function methods:bind(path)
	return self.socket:bind(path_of(self, path))
end

function methods:connect(path, flags)
	return self.socket:connect(path_of(self, path), flags)
end

function methods:accept(flags)
	return setmetatable({ socket = self.socket:accept(flags) }, methods)
end

function methods:sendto(message, path)
	return self.socket:send(message, path_of(self, path))
end

function methods:receive(length, flags, from)
	return self.socket:receive(length, flags, from)
end

function methods:receivefrom(length, flags)
	return self.socket:receive(length, flags, true)
end

return unix
