-- SPDX-License-Identifier: MIT OR GPL-2.0-only
--
-- No questions about these names, and those below them: drops what this machine or those behind it ask a DNS server.
--
--	lunatik run examples/dnsblock softirq -- github.com gitlab.com

local netfilter = require("netfilter")
local linux = require("linux")
local family, action, hooks = netfilter.family, netfilter.action, netfilter.inet_hooks

local UDP = 17
local DNS = linux.hton16(53)
local LABELS_MAX = 127

local blocked = {}
for _, name in ipairs { ... } do blocked[name:lower()] = true end

-- Whether the name at `offset`, a list of labels with their lengths, is one of those or ends with one.
local function is_blocked(skb, offset)
	local labels = {}
	for i = 1, LABELS_MAX do
		local length = skb:getuint8(offset)
		if length == 0 or length > 63 then break end
		labels[i] = skb:getstring(offset + 1, length):lower()
		offset = offset + 1 + length
	end
	for i = 1, #labels do
		local name = table.concat(labels, ".", i)
		if blocked[name] then return name end
	end
end

local function hook(skb)
	if skb:getuint8(9) ~= UDP then return action.ACCEPT end
	local udp = (skb:getuint8(0) & 15) * 4
	if skb:getuint16(udp + 2) ~= DNS then return action.ACCEPT end
	local question = udp + 8 + 12
	local readable, name = pcall(is_blocked, skb, question)
	if readable and name then
		print("DNS query blocked:", name)
		return action.DROP
	end
	return action.ACCEPT
end

for _, hooknum in ipairs { hooks.LOCAL_OUT, hooks.FORWARD } do
	netfilter.register { pf = family.IPV4, hooknum = hooknum, priority = netfilter.ip_priority.FILTER, hook = hook }
end
