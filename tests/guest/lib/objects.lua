-- SPDX-License-Identifier: MIT OR GPL-2.0-only
--
-- How an object of each class is made, for the matrix of wrong uses: make(), in a runtime of the context. A class that is not
-- here fails the suite.

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
	completion = { make = function() return require("completion").new() end },
	data = { make = function() return require("data").new(16) end },
	device = { make = function() return require("device").new { name = name() } end },
	notifier = { make = function() return require("notifier").netdevice(nothing) end },
	probe = { context = "hardirq", make = function() return require("probe").new("__x64_sys_getppid", { pre = nothing }) end },
	["rcu.table"] = { make = function() return require("rcu").table() end },
	runtime = { make = runtime },
	socket = {
		make = function()
			local socket = require("socket")
			return socket.new(socket.af.INET, socket.sock.DGRAM | socket.sock.NONBLOCK, 0)
		end,
	},
	thread = { make = function() return require("thread").run(require("lunatik").runtime("test/task"), name()) end },
}
