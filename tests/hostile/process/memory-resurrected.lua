-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- expect: error: not enough memory
-- Finalizers that bring back what they were to finalize, and more of it.
local kept = {}
local mt = {}
mt.__gc = function(object) kept[#kept + 1] = { object, ("x"):rep(1000) .. #kept } end
while true do
	setmetatable({}, mt)
	kept[#kept + 1] = ("x"):rep(20000) .. #kept
end
