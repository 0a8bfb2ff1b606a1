-- SPDX-License-Identifier: MIT OR GPL-2.0-only
--
-- A hook for UDP packets: `accept` only accepts, `port` looks for the destination port too.
local netfilter = require("netfilter")
local linux = require("linux")
local ACCEPT, DROP = netfilter.action.ACCEPT, netfilter.action.DROP
local port = linux.hton16(9)

local hooks = {
	accept = function(skb) return ACCEPT end,
	port = function(skb)
		if skb:getuint8(9) == 17 and skb:getuint16((skb:getuint8(0) & 15) * 4 + 2) == port then return DROP end
		return ACCEPT
	end,
}

netfilter.register {
	pf = netfilter.family.IPV4, hooknum = netfilter.inet_hooks.LOCAL_IN, priority = netfilter.ip_priority.FILTER,
	hook = hooks[...],
}
