-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- expect: stopped
-- A callback for each entry, which loops.
local rcu = require("rcu")
local t = rcu.table()
t.a, t.b = 1, 2
-- hook
rcu.map(t, function() while true do end end)
while true do end
