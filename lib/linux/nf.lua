-- SPDX-License-Identifier: MIT OR GPL-2.0-only
--
-- The kernel's numbers for hooks of packets, by the names that newer scripts have for the tables of "netfilter".
local netfilter = require("netfilter")

return {
	proto = netfilter.family,
	action = netfilter.action,
	inet = netfilter.inet_hooks,
	arp = netfilter.arp_hooks,
	netdev = netfilter.netdev_hooks,
	br = setmetatable({ pri = netfilter.bridge_priority }, { __index = netfilter.bridge_hooks }),
	ip = { pri = netfilter.ip_priority },
}
