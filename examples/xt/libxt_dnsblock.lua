-- SPDX-License-Identifier: MIT OR GPL-2.0-only
--
-- The match dnsblock for the command iptables, whose kernel part is examples/xt/dnsblock.lua: make install-xt

local luaxt = require("luaxt")

luaxt.match {
	revision = 1,
	family = luaxt.family.UNSPEC,
	options = { { name = "domain", value = true } },
	help = function()
		return "\ndnsblock match options:\n  --domain NAME    questions about it, and names below it; may be repeated"
	end,
	parse = function(par)
		if par.value:find("[^%w.-]") then error("not a name: " .. par.value) end
		local name = par.value:lower()
		par.userargs = par.userargs == "" and name or par.userargs .. " " .. name
		par.flags = 1
	end,
	final_check = function(flags)
		if flags == 0 then error("--domain must be given") end
	end,
	print = function(userargs) return "dnsblock " .. userargs:gsub(" ", ",") end,
	save = function(userargs) return (userargs:gsub("(%S+)", "--domain %1")) end,
}
