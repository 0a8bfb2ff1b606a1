-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- Switching between coroutines.
return function()
	local sum = 0
	local producer = coroutine.wrap(function() for i = 1, 20000 do coroutine.yield(i) end return 0 end)
	for i = 1, 20000 do sum = sum + producer() end
	return sum
end
