-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- expect: error: not enough memory
-- Many coroutines.
local t = {}
while true do t[#t + 1] = coroutine.create(print) end
