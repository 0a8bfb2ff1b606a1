-- SPDX-License-Identifier: MIT OR GPL-2.0-only
--
-- How an object of each class is made, for the matrix of wrong uses: make(), in a runtime of the context (process if there is
-- none). A class that is not here fails the suite; one without make() comes to scripts in hooks only, where its own suite is.

local function nothing() end

-- Never twice in one run of a script.
local count = 0
local function name()
	count = count + 1
	return "t_object" .. count
end

local function runtime()
	return require("lunatik").runtime("test/nothing")
end

return {
	aead = { make = function() return require("crypto").aead("gcm(aes)") end },
	buffer = { make = function() return require("buffer").new(4) end },
	completion = { make = function() return require("completion").new() end },
	data = { make = function() return require("data").new(16) end },
	device = { make = function() return require("device").new { name = name() } end },
	netfilter = {
		context = "softirq",
		make = function()
			local netfilter = require("netfilter")
			return netfilter.register { pf = netfilter.family.INET, hooknum = netfilter.inet_hooks.LOCAL_IN, priority = 0,
				hook = function() return netfilter.action.ACCEPT end }
		end,
	},
	notifier = { make = function() return require("notifier").netdevice(nothing) end },
	probe = { context = "hardirq", make = function() return require("probe").new("__x64_sys_getppid", { pre = nothing }) end },
	["rcu.table"] = { make = function() return require("rcu").table() end },
	rng = { make = function() return require("crypto").rng() end },
	runtime = { make = runtime },
	shash = { make = function() return require("crypto").shash("sha256") end },
	skb = {},
	skcipher = { make = function() return require("crypto").skcipher("cbc(aes)") end },
	socket = {
		make = function()
			local socket = require("socket")
			return socket.new(socket.af.INET, socket.sock.DGRAM | socket.sock.NONBLOCK, 0)
		end,
	},
	xdp = { context = "softirq", make = function() return require("xdp").attach(nothing) end },
	xtable = {
		context = "softirq",
		make = function() return require("xtable").match { name = name(), match = function() return false end } end,
	},
	["xtable.par"] = {},
	thread = { make = function() return require("thread").run(require("lunatik").runtime("test/task"), name()) end },
}
