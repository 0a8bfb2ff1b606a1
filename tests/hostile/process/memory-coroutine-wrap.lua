-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- expect: error: not enough memory
-- Coroutines that wait inside functions that wait.
local kept = {}
while true do
	local function deep(n) if n == 0 then coroutine.yield() else deep(n - 1) end return n end
	local one = coroutine.wrap(deep)
	one(50)
	kept[#kept + 1] = one
end
