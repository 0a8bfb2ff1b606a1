-- SPDX-License-Identifier: MIT OR GPL-2.0-only
--
-- Refuses TCP connections to some ports at once, with a reset, whatever listens there. The answer is made of the packet itself.
--
--	lunatik run examples/tcpreject softirq -- 8080 9090

local netfilter = require("netfilter")
local linux = require("linux")
local family, action = netfilter.family, netfilter.action

local TCP = 6
local SYN, ACK, RST = 0x02, 0x10, 0x04
local TCP_HEADER = 20

local refused = {}
for _, port in ipairs { ... } do refused[linux.hton16(tonumber(port))] = true end

-- Swaps two pieces of memory of the same size.
local function swap(bytes, a, b, size)
	local first = bytes:getstring(a, size)
	bytes:setstring(a, bytes:getstring(b, size))
	bytes:setstring(b, first)
end

-- A reset that answers the segment at `tcp` of `skb`.
local function answer(skb, tcp)
	local sequence = linux.ntoh32(skb:getuint32(tcp + 4))
	local reset = skb:copy()
	swap(reset:data("mac"), 0, 6, 6)
	reset:resize(tcp + TCP_HEADER)
	swap(reset, 12, 16, 4)				-- addresses
	swap(reset, tcp, tcp + 2, 2)			-- ports
	reset:setuint16(2, linux.hton16(tcp + TCP_HEADER))
	reset:setuint8(8, 64)				-- time to live
	reset:setuint32(tcp + 4, 0)
	reset:setuint32(tcp + 8, linux.hton32((sequence + 1) & 0xffffffff))
	reset:setuint8(tcp + 12, TCP_HEADER // 4 << 4)
	reset:setuint8(tcp + 13, RST | ACK)
	reset:setuint32(tcp + 14, 0)			-- window, checksum
	reset:setuint16(tcp + 18, 0)
	reset:checksum()
	reset:forward()
end

netfilter.register {
	pf = family.IPV4,
	hooknum = netfilter.inet_hooks.PRE_ROUTING,
	priority = netfilter.ip_priority.FILTER,
	hook = function(skb)
		if skb:getuint8(9) ~= TCP then return action.ACCEPT end
		local tcp = (skb:getuint8(0) & 15) * 4
		if not refused[skb:getuint16(tcp + 2)] or skb:getuint8(tcp + 13) & (SYN | ACK) ~= SYN then return action.ACCEPT end
		answer(skb, tcp)
		return action.DROP
	end,
}
