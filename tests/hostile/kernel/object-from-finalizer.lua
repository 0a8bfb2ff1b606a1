-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- expect: ok
-- A finalizer that uses an object which is garbage itself.
local new = require("data").new
local data = {}
for i = 1, 100 do data[i] = new(8) end
-- hook
local seen = 0
for i = 1, 100 do
	local one = data[i]
	setmetatable({ one }, { __gc = function(t) seen = seen + t[1]:getint64(0) pcall(t[1].setint64, t[1], 0, i) end })
end
data = nil
collectgarbage()
collectgarbage()
