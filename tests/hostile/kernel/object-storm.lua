-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- in: process thread
-- expect: stopped
-- One of each class, made and left for the collector.
local modules = { "data", "completion", "rcu", "crypto", "buffer" }
for i, name in ipairs(modules) do modules[i] = require(name) end
-- hook
while true do
	modules[1].new(10)
	modules[2].new()
	modules[3].table()
	modules[4].shash("sha256")
	modules[5].new(4)
end
