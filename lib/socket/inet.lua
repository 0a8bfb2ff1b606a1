-- SPDX-License-Identifier: MIT OR GPL-2.0-only
--
-- Sockets of IPv4 and IPv6 whose addresses are text: "127.0.0.1", "::1", "fe80::1%2", and "*" for any.

local socket = require("socket")

local af, sock, ipproto = socket.af, socket.sock, socket.ipproto

local inet = { localhost = "127.0.0.1" }

-- What the socket underneath takes for an address.
local function packed(self, address, port)
	if address == "*" then
		return self.any, port
	end
	if type(address) ~= "string" then
		error("an address is a string, got " .. type(address), 0)
	end
	local text, scope = address:match("^(.*)%%(%d+)$")
	local number = socket.pton(text or address)
	if type(number) ~= type(self.any) or (scope and self.any == 0) then
		error(("'%s' is no %s address"):format(address, self.any == 0 and "IPv4" or "IPv6"), 0)
	end
	return number, port, scope and tonumber(scope)
end

-- The reverse.
local function shown(address, port, scope)
	if address == nil then
		return nil
	end
	local text = socket.ntop(address)
	return scope and text .. "%" .. scope or text, port
end

local methods = {}

-- The socket underneath, which other runtimes can be given; theirs wrap it again: inet.tcp(socket).
local function class(any, family, type, protocol)
	local self = { any = any }
	for name, method in pairs(methods) do
		self[name] = method
	end
	self.__index = self
	self.__close = self.close
	self.__name = "socket.inet"
	return function(underneath)
		return setmetatable({ socket = underneath or socket.new(family, type, protocol) }, self)
	end, self
end

-- These are those of the socket underneath.
for _, name in ipairs { "close", "listen", "shutdown", "setsockopt", "getsockopt" } do
	methods[name] = function(self, ...)
		local underneath = self.socket
		return underneath[name](underneath, ...)
	end
end

function methods:bind(address, port)
	return self.socket:bind(packed(self, address, port))
end

function methods:connect(address, port, flags)
	local number, scope
	number, port, scope = packed(self, address, port)
	if self.any == 0 then
		return self.socket:connect(number, port, flags)
	end
	return self.socket:connect(number, port, scope, flags)
end

function methods:send(message, address, port, flags)
	if address == nil then
		if flags == nil and port == nil then
			return self.socket:send(message)
		end
		return self.socket:send(message, nil, port, flags)
	end
	local number, scope
	number, port, scope = packed(self, address, port)
	if self.any == 0 then
		return self.socket:send(message, number, port, flags)
	end
	return self.socket:send(message, number, port, scope, flags)
end

function methods:receive(length, flags, from)
	if not from then
		return self.socket:receive(length, flags)
	end
	return self:receivefrom(length, flags)
end

function methods:receivefrom(length, flags)
	local message, address, port, scope = self.socket:receive(length, flags, true)
	return message, shown(address, port, scope)
end

methods.sendto = methods.send

-- A socket of the same kind.
function methods:accept(flags)
	return setmetatable({ socket = self.socket:accept(flags) }, getmetatable(self))
end

function methods:getsockname()
	return shown(self.socket:getsockname())
end

function methods:getpeername()
	return shown(self.socket:getpeername())
end

local any6 = ("\0"):rep(16)

inet.tcp = class(0, af.INET, sock.STREAM, ipproto.TCP)
inet.udp = class(0, af.INET, sock.DGRAM, ipproto.UDP)
inet.tcp6 = class(any6, af.INET6, sock.STREAM, ipproto.TCP)
inet.udp6 = class(any6, af.INET6, sock.DGRAM, ipproto.UDP)

return inet
