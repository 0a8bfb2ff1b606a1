-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- expect: ok
-- Closing a coroutine closes a coroutine.
local function make()
	local co = coroutine.create(function()
		local x <close> = setmetatable({}, { __close = function() coroutine.close(make()) end })
		coroutine.yield()
	end)
	coroutine.resume(co)
	return co
end
coroutine.close(make())
