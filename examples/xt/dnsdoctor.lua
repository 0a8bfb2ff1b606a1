-- SPDX-License-Identifier: MIT OR GPL-2.0-only
--
-- The target dnsdoctor: in the answers of DNS servers about a name, one address becomes another.
--
--	lunatik run examples/xt/dnsdoctor softirq
--	iptables-legacy -t mangle -A PREROUTING -p udp --sport 53 -d 10.1.1.2 \
--		-j dnsdoctor --name lunatik.com --public 192.168.10.1 --private 10.1.2.3

local xtable = require("xtable")
local netfilter = require("netfilter")
local dns = require("examples/dns")

local UDP = 17
local CONTINUE = netfilter.action.CONTINUE

-- What each rule does, and how many rules there are that say the same.
local orders, rules = {}, {}

xtable.target {
	name = "dnsdoctor",
	revision = 1,
	family = netfilter.family.IPV4,
	proto = UDP,
	hooks = 1 << netfilter.inet_hooks.PRE_ROUTING,
	checkentry = function(userargs)
		local name, public, private = userargs:match("^(%S+) (%S+) (%S+)$")
		if not name then return false end
		orders[userargs] = { dns.labels_of(name), dns.bytes_of(public), dns.bytes_of(private) }
		rules[userargs] = (rules[userargs] or 0) + 1
	end,
	destroy = function(userargs)
		rules[userargs] = rules[userargs] - 1
		if rules[userargs] == 0 then orders[userargs], rules[userargs] = nil, nil end
	end,
	target = function(skb, par, userargs)
		if par.fragoff ~= 0 or skb:getuint16(par.thoff) ~= dns.port then return CONTINUE end
		local readable, changed = pcall(dns.replace, skb, par.thoff + 8, table.unpack(orders[userargs]))
		if readable and changed > 0 then
			skb:checksum()
			print("DNS doctored:", userargs)
		end
		return CONTINUE
	end,
}
