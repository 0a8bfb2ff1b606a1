-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- expect: stopped
-- Closing a coroutine runs what loops.
while true do
	local one = coroutine.create(function()
		local closing <close> = setmetatable({}, { __close = function() while true do end end })
		coroutine.yield()
	end)
	coroutine.resume(one)
	coroutine.close(one)
end
