-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- in: softirq
-- expect: error: may sleep
-- A hook that makes a hook.
local netfilter = require("netfilter")
-- hook
netfilter.register { pf = netfilter.family.IPV4, hooknum = 1, priority = 0, hook = print }
