-- SPDX-License-Identifier: MIT OR GPL-2.0-only
--
-- No HTTPS with these servers: drops the first message of a TLS session, which names the server in the clear (SNI, RFC 6066).
-- filter/sni.lua does the same with eBPF.
--
--	lunatik run examples/filter softirq percpu -- ebpf.io example.com

local netfilter = require("netfilter")
local linux = require("linux")
local tls = require("examples.filter.tls")
local family, action, hooks = netfilter.family, netfilter.action, netfilter.inet_hooks

local TCP = 6
local HTTPS = linux.hton16(443)
local blocked = tls.list(...)

-- Looks at the TCP segment that begins at `offset`.
local function decide(skb, offset)
	if skb:getuint16(offset + 2) ~= HTTPS then return action.ACCEPT end
	local payload = offset + (skb:getuint8(offset + 12) >> 4) * 4
	if #skb <= payload then return action.ACCEPT end
	local name = tls.server_name(skb, payload)
	if name and blocked(name) then
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
