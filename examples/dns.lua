-- SPDX-License-Identifier: MIT OR GPL-2.0-only
--
-- Messages of DNS as they lie in a packet: what the examples dnsblock and dnsdoctor share. `skb` is the packet, `offset` where the
-- message begins. Whatever is cut off or wrong in it raises.

local linux = require("linux")

local dns = { port = linux.hton16(53) }

local HEADER = 12
local LABELS_MAX, ANSWERS_MAX = 127, 64
local A, IN = linux.hton16(1), linux.hton16(1)

-- The four bytes of an IPv4 address.
function dns.bytes_of(address)
	local a, b, c, d = address:match("^(%d+)%.(%d+)%.(%d+)%.(%d+)$")
	assert(a, "not an address: " .. address)
	return string.char(a, b, c, d)
end

-- A name as it stands in a message: each label behind its length.
function dns.labels_of(name)
	return name:lower():gsub("([^.]+)%.?", function(label) return string.char(#label) .. label end) .. "\0"
end

-- The one of the names that are the keys of `names` that is asked for, or that ends what is asked for; nil if there is none.
function dns.asks_for(skb, offset, names)
	local labels = {}
	offset = offset + HEADER
	for i = 1, LABELS_MAX do
		local length = skb:getuint8(offset)
		if length == 0 or length > 63 then break end
		labels[i] = skb:getstring(offset + 1, length):lower()
		offset = offset + 1 + length
	end
	for i = 1, #labels do
		local name = table.concat(labels, ".", i)
		if names[name] then return name end
	end
end

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

-- In the answers about `wanted` (of labels_of()), puts one address in place of another (of bytes_of()); returns how often.
function dns.replace(skb, offset, wanted, from, to)
	local question = offset + HEADER
	if skb:getstring(question, #wanted):lower() ~= wanted then return 0 end
	local answers = linux.ntoh16(skb:getuint16(offset + 6))
	local at = question + #wanted + 4
	local changed = 0
	for _ = 1, math.min(answers, ANSWERS_MAX) do
		at = skip_name(skb, at)
		local length = linux.ntoh16(skb:getuint16(at + 8))
		if skb:getuint16(at) == A and skb:getuint16(at + 2) == IN and length == 4 and skb:getstring(at + 10, 4) == from then
			skb:setstring(at + 10, to)
			changed = changed + 1
		end
		at = at + 10 + length
	end
	return changed
end

return dns
