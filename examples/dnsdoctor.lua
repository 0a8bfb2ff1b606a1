-- SPDX-License-Identifier: MIT OR GPL-2.0-only
--
-- Tells one host another address: in the answers of DNS servers about a name the public address becomes a private one.
--
--	lunatik run examples/dnsdoctor softirq -- lunatik.com 10.1.1.2 192.168.10.1 10.1.2.3

local netfilter = require("netfilter")
local linux = require("linux")
local family, action, hooks = netfilter.family, netfilter.action, netfilter.inet_hooks

local UDP = 17
local DNS = linux.hton16(53)
local LABELS_MAX, ANSWERS_MAX = 127, 64
local A, IN = linux.hton16(1), linux.hton16(1)

local function bytes_of(address)
	local a, b, c, d = address:match("^(%d+)%.(%d+)%.(%d+)%.(%d+)$")
	assert(a, "not an address: " .. address)
	return string.char(a, b, c, d)
end

local domain, host, public, private = ...
assert(private, "usage: dnsdoctor NAME HOST PUBLIC PRIVATE")
host, public, private = bytes_of(host), bytes_of(public), bytes_of(private)

-- The name as it stands in a message: each label behind its length.
local wanted = domain:lower():gsub("([^.]+)%.?", function(label) return string.char(#label) .. label end) .. "\0"

-- Behind the name at `offset`, which may end with a pointer to another.
local function skip_name(skb, offset)
	for _ = 1, LABELS_MAX do
		local length = skb:getuint8(offset)
		if length == 0 then return offset + 1 end
		if length >= 0xc0 then return offset + 2 end
		offset = offset + 1 + length
	end
	error("a name without an end")
end

-- Puts the private address in place of the public one in the message at `offset`; returns how often.
local function doctor(skb, offset)
	local question = offset + 12
	if skb:getstring(question, #wanted):lower() ~= wanted then return 0 end
	local answers = linux.ntoh16(skb:getuint16(offset + 6))
	local at = question + #wanted + 4
	local changed = 0
	for _ = 1, math.min(answers, ANSWERS_MAX) do
		at = skip_name(skb, at)
		local length = linux.ntoh16(skb:getuint16(at + 8))
		if skb:getuint16(at) == A and skb:getuint16(at + 2) == IN and length == 4 and skb:getstring(at + 10, 4) == public then
			skb:setstring(at + 10, private)
			changed = changed + 1
		end
		at = at + 10 + length
	end
	return changed
end

netfilter.register {
	pf = family.IPV4,
	hooknum = hooks.PRE_ROUTING,
	priority = netfilter.ip_priority.MANGLE,
	hook = function(skb)
		if skb:getuint8(9) ~= UDP or skb:getstring(16, 4) ~= host then return action.ACCEPT end
		local udp = (skb:getuint8(0) & 15) * 4
		if skb:getuint16(udp) ~= DNS then return action.ACCEPT end
		local readable, changed = pcall(doctor, skb, udp + 8)
		if readable and changed > 0 then
			skb:checksum()
			print("DNS doctored:", domain)
		end
		return action.ACCEPT
	end,
}
