-- SPDX-License-Identifier: MIT OR GPL-2.0-only
--
-- The target dnsdoctor for the command iptables, whose kernel part is examples/xt/dnsdoctor.lua: make install-xt

local luaxt = require("luaxt")

-- The options in the order in which the kernel's part reads them; userargs has them with spaces in between, "-" for one not given.
local names = { "name", "public", "private" }

local function words_of(userargs)
	local words = {}
	for word in userargs:gmatch("%S+") do words[#words + 1] = word end
	return words
end

luaxt.target {
	revision = 1,
	family = luaxt.family.IPV4,
	options = { { name = names[1], value = true }, { name = names[2], value = true }, { name = names[3], value = true } },
	help = function()
		return "\ndnsdoctor target options:\n  --name NAME         of the answers that change\n" ..
			"  --public ADDRESS    in them becomes\n  --private ADDRESS   this one"
	end,
	init = function(par) par.userargs = "- - -" end,
	parse = function(par)
		local words = words_of(par.userargs)
		for i, name in ipairs(names) do
			if par.option == name then
				if i == 1 and par.value:find("[^%w.-]") or i > 1 and not par.value:find("^%d+%.%d+%.%d+%.%d+$") then
					error("--" .. name .. ": not a name or address: " .. par.value)
				end
				words[i] = par.value
				par.flags = par.flags | 1 << i
			end
		end
		par.userargs = table.concat(words, " ")
	end,
	final_check = function(flags)
		if flags ~= 14 then error("--name, --public and --private must be given") end
	end,
	print = function(userargs) return "dnsdoctor " .. userargs end,
	save = function(userargs)
		return (userargs:gsub("(%S+) (%S+) (%S+)", "--name %1 --public %2 --private %3"))
	end,
}
