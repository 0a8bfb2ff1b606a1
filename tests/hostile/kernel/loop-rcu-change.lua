-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- expect: stopped
-- It changes the table below itself.
local rcu = require("rcu")
local t = rcu.table()
-- hook
for i = 1, math.maxinteger do
	t["k" .. i % 50] = i
	rcu.map(t, function(k) t[k] = nil t[k .. "x"] = 1 t[k .. "x"] = nil end)
end
