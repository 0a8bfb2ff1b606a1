-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- in: softirq
-- times: 2
-- expect: ok
-- A coroutine that has the packet of the call before.
local one
-- hook
local skb = ...
if not one then
	one = coroutine.wrap(function(skb) while true do pcall(skb.getuint8, skb, 0) coroutine.yield() end end)
end
one(skb)
