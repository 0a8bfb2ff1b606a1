-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- expect: error: not enough memory
-- Coroutines with deep stacks.
local t = {}
local function deep(n) if n == 0 then coroutine.yield() else deep(n - 1) end return 1 end
while true do
	local co = coroutine.wrap(deep)
	co(9000)
	t[#t + 1] = co
end
