-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- in: softirq
-- times: 2
-- expect: ok
-- A packet that was kept past its hook.
local before
-- hook
local skb = ...
if before then
	before = before + 1
else
	before = 1
	_G.kept = skb
	setmetatable({}, { __gc = function() pcall(skb.getuint8, skb, 0) end })
end
assert(kept)
