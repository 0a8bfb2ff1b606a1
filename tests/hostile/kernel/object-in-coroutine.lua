-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- expect: ok
-- An object whose coroutine is closed while a method's error is on its way.
local data = require("data").new(8)
-- hook
for _ = 1, 50 do
	local one = coroutine.wrap(function()
		local closing <close> = setmetatable({}, { __close = function() pcall(data.getint64, data, 99) end })
		coroutine.yield()
		data:getint64(99)
	end)
	one()
	pcall(one)
end
