-- SPDX-License-Identifier: MIT OR GPL-2.0-only
--
-- The match dnsblock: questions to a DNS server about names that the rule blocks, and those below them.
--
--	lunatik run examples/xt/dnsblock softirq
--	iptables-legacy -A OUTPUT -p udp --dport 53 -m dnsblock --domain github.com -j DROP

local xtable = require("xtable")
local netfilter = require("netfilter")
local dns = require("examples/dns")

local UDP = 17

-- What each rule blocks, and how many rules there are that say the same.
local blocked, rules = {}, {}

xtable.match {
	name = "dnsblock",
	revision = 1,
	family = netfilter.family.UNSPEC,
	proto = UDP,
	checkentry = function(userargs)
		local names = {}
		for name in userargs:gmatch("%S+") do names[name] = true end
		if not next(names) then return false end
		blocked[userargs], rules[userargs] = names, (rules[userargs] or 0) + 1
	end,
	destroy = function(userargs)
		rules[userargs] = rules[userargs] - 1
		if rules[userargs] == 0 then blocked[userargs], rules[userargs] = nil, nil end
	end,
	match = function(skb, par, userargs)
		if par.fragoff ~= 0 or skb:getuint16(par.thoff + 2) ~= dns.port then return false end
		local readable, name = pcall(dns.asks_for, skb, par.thoff + 8, blocked[userargs])
		if readable and name then
			print("DNS query matched:", name)
			return true
		end
		return false
	end,
}
