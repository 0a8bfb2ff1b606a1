-- SPDX-License-Identifier: MIT OR GPL-2.0-only
--
-- No HTTPS with these servers, as examples/filter does it, at the device: an eBPF program (https.bpf.c, beside this) finds the first
-- message of each TLS session and asks this script, so that no other packet comes to Lua.
--
--	lunatik run examples/filter/sni softirq percpu -- ebpf.io example.com
--	lunatik xdp load https.o eth0

local xdp = require("xdp")
local tls = require("examples.filter.tls")
local action = xdp.action
local blocked = tls.list(...)

-- The program says in `argument` where TCP's data begin.
local function filter(packet, argument)
	local name = tls.server_name(packet, argument:getuint16(0))
	if name and blocked(name) then
		print(name, "DROP")
		return action.DROP
	end
	return action.PASS
end

xdp.attach(filter)
