-- SPDX-License-Identifier: MIT OR GPL-2.0-only
--
-- Tells one host another address: in the answers of DNS servers about a name the public address becomes a private one.
--
--	lunatik run examples/dnsdoctor softirq -- lunatik.com 10.1.1.2 192.168.10.1 10.1.2.3
--
-- examples/xt/dnsdoctor.lua does it in rules of iptables.

local netfilter = require("netfilter")
local dns = require("examples/dns")
local family, action, hooks = netfilter.family, netfilter.action, netfilter.inet_hooks

local UDP = 17

local domain, host, public, private = ...
assert(private, "usage: dnsdoctor NAME HOST PUBLIC PRIVATE")
host, public, private = dns.bytes_of(host), dns.bytes_of(public), dns.bytes_of(private)
local wanted = dns.labels_of(domain)

netfilter.register {
	pf = family.IPV4,
	hooknum = hooks.PRE_ROUTING,
	priority = netfilter.ip_priority.MANGLE,
	hook = function(skb)
		if skb:getuint8(9) ~= UDP or skb:getstring(16, 4) ~= host then return action.ACCEPT end
		local udp = (skb:getuint8(0) & 15) * 4
		if skb:getuint16(udp) ~= dns.port then return action.ACCEPT end
		local readable, changed = pcall(dns.replace, skb, udp + 8, wanted, public, private)
		if readable and changed > 0 then
			skb:checksum()
			print("DNS doctored:", domain)
		end
		return action.ACCEPT
	end,
}
