-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- Globals that the test module calls, in a runtime of any context.

local count = 0

function add()
	count = count + 1
	return count
end

function get()
	return count
end

function fail()
	error("on purpose", 0)
end

function fail_deep()
	local function down(n) if n == 0 then error({}) end return down(n - 1) + 1 end
	return down(30)
end

function fail_in_coroutine()
	return coroutine.wrap(function() coroutine.yield(error("in a coroutine")) end)()
end

function loop()
	while true do end
end

function huge()
	return #("x"):rep(1 << 35)
end

closed = 0
closes = setmetatable({}, { __close = function() closed = closed + 1 end })
closes_badly = setmetatable({}, { __close = function() error("in __close") end })
