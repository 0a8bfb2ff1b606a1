-- SPDX-License-Identifier: MIT OR GPL-2.0-only
--
-- No HTTPS with these servers: drops the first message of a TLS session, which names the server in the clear (SNI, RFC 6066).
--
--	lunatik run examples/filter softirq percpu -- ebpf.io example.com

local netfilter = require("netfilter")
local linux = require("linux")
local family, action, hooks = netfilter.family, netfilter.action, netfilter.inet_hooks

local TCP = 6
local HTTPS = linux.hton16(443)
local HANDSHAKE, CLIENT_HELLO = 22, 1
local SERVER_NAME = 0
local EXTENSIONS_MAX = 64

local blocked = {}
for _, name in ipairs { ... } do blocked[name] = true end

local function uint16(skb, offset) return linux.ntoh16(skb:getuint16(offset)) end

-- The server that a TLS record at `offset` asks for, or nil. What is cut off or nonsense raises, and is caught below.
local function server_name(skb, offset)
	if skb:getuint8(offset) ~= HANDSHAKE or skb:getuint8(offset + 5) ~= CLIENT_HELLO then return end
	local at = offset + 5 + 4 + 2 + 32		-- record, handshake, version, random
	at = at + 1 + skb:getuint8(at)			-- session
	at = at + 2 + uint16(skb, at)			-- cipher suites
	at = at + 1 + skb:getuint8(at)			-- compression methods
	local stop = at + 2 + uint16(skb, at)
	at = at + 2
	for _ = 1, EXTENSIONS_MAX do
		if at + 4 > stop then return end
		if uint16(skb, at) == SERVER_NAME then
			return skb:getstring(at + 4 + 5, uint16(skb, at + 4 + 3))
		end
		at = at + 4 + uint16(skb, at + 2)
	end
end

-- Looks at the TCP segment that begins at `offset`.
local function decide(skb, offset)
	if skb:getuint16(offset + 2) ~= HTTPS then return action.ACCEPT end
	local payload = offset + (skb:getuint8(offset + 12) >> 4) * 4
	if #skb <= payload then return action.ACCEPT end
	local known, name = pcall(server_name, skb, payload)
	if known and name and blocked[name] then
		print(name, "DROP")
		return action.DROP
	end
	return action.ACCEPT
end

local function ipv4(skb)
	if skb:getuint8(9) ~= TCP then return action.ACCEPT end
	return decide(skb, (skb:getuint8(0) & 15) * 4)
end

-- Without headers between those of IPv6 and TCP, which nobody sends.
local function ipv6(skb)
	if skb:getuint8(6) ~= TCP then return action.ACCEPT end
	return decide(skb, 40)
end

-- What this machine sends, and what it passes on.
for _, hooknum in ipairs { hooks.LOCAL_OUT, hooks.FORWARD } do
	netfilter.register { pf = family.IPV4, hooknum = hooknum, priority = netfilter.ip_priority.FILTER, hook = ipv4 }
	netfilter.register { pf = family.IPV6, hooknum = hooknum, priority = netfilter.ip_priority.FILTER, hook = ipv6 }
end
