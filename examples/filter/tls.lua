-- SPDX-License-Identifier: MIT OR GPL-2.0-only
--
-- What the first message of a TLS session says in the clear: the name of the server (SNI, RFC 6066). Bytes are read from anything
-- with the accessors of `data`: a packet of netfilter's or of an eBPF program's.

local linux = require("linux")

local HANDSHAKE, CLIENT_HELLO = 22, 1
local SERVER_NAME = 0
local EXTENSIONS_MAX = 64

local function uint16(bytes, offset) return linux.ntoh16(bytes:getuint16(offset)) end

local function find(bytes, offset)
	if bytes:getuint8(offset) ~= HANDSHAKE or bytes:getuint8(offset + 5) ~= CLIENT_HELLO then return end
	local at = offset + 5 + 4 + 2 + 32		-- record, handshake, version, random
	at = at + 1 + bytes:getuint8(at)		-- session
	at = at + 2 + uint16(bytes, at)			-- cipher suites
	at = at + 1 + bytes:getuint8(at)		-- compression methods
	local stop = at + 2 + uint16(bytes, at)
	at = at + 2
	for _ = 1, EXTENSIONS_MAX do
		if at + 4 > stop then return end
		if uint16(bytes, at) == SERVER_NAME then
			return bytes:getstring(at + 4 + 5, uint16(bytes, at + 4 + 3))
		end
		at = at + 4 + uint16(bytes, at + 2)
	end
end

local tls = {}

-- The server that a TLS record at `offset` asks for; nil if it asks for none, is cut off, or is nonsense.
function tls.server_name(bytes, offset)
	local known, name = pcall(find, bytes, offset)
	return known and name or nil
end

-- A function that says whether a server is one of those named, however it is written.
function tls.list(...)
	local names = {}
	for _, name in ipairs { ... } do names[name:lower()] = true end
	return function(name) return names[name:lower()] end
end

return tls
