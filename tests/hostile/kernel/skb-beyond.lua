-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- in: softirq
-- expect: error: out of
-- Beyond the end of a packet.
-- hook
local skb = ...
return skb:getuint8(1 << 30)
