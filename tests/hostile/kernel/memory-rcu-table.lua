-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- expect: error: not enough memory
-- What is put into a table of the kernel's is charged to who put it there.
local rcu = require("rcu")
local t = rcu.table(64)
-- hook
for i = 1, math.maxinteger do t["key" .. i] = ("x"):rep(1000) end
