-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- expect: error: not enough memory
-- Finalizers that bring back what they were to finalize, twice.
local kept = {}
local mt = {}
mt.__gc = function(object)
	kept[#kept + 1] = setmetatable({ object }, mt)
	kept[#kept + 1] = setmetatable({ object }, mt)
end
while true do
	for _ = 1, 100 do setmetatable({}, mt) end
	kept[#kept + 1] = ("x"):rep(100)
end
