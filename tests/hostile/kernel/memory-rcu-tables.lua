-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- expect: error: not enough memory
-- Tables of the kernel's.
local rcu = require("rcu")
-- hook
local kept = {}
while true do kept[#kept + 1] = rcu.table(1024) end
