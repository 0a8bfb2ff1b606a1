-- SPDX-License-Identifier: MIT OR GPL-2.0-only
--
-- No questions about these names, and those below them: drops what this machine or those behind it ask a DNS server.
--
--	lunatik run examples/dnsblock softirq -- github.com gitlab.com
--
-- examples/xt/dnsblock.lua does it in rules of iptables.

local netfilter = require("netfilter")
local dns = require("examples/dns")
local family, action, hooks = netfilter.family, netfilter.action, netfilter.inet_hooks

local UDP = 17

local blocked = {}
for _, name in ipairs { ... } do blocked[name:lower()] = true end

local function hook(skb)
	if skb:getuint8(9) ~= UDP then return action.ACCEPT end
	local udp = (skb:getuint8(0) & 15) * 4
	if skb:getuint16(udp + 2) ~= dns.port then return action.ACCEPT end
	local readable, name = pcall(dns.asks_for, skb, udp + 8, blocked)
	if readable and name then
		print("DNS query blocked:", name)
		return action.DROP
	end
	return action.ACCEPT
end

for _, hooknum in ipairs { hooks.LOCAL_OUT, hooks.FORWARD } do
	netfilter.register { pf = family.IPV4, hooknum = hooknum, priority = netfilter.ip_priority.FILTER, hook = hook }
end
