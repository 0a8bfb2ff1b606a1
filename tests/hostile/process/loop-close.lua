-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- expect: stopped
-- A to-be-closed variable whose __close loops, in a loop.
local forever = setmetatable({}, { __close = function() while true do end end })
while true do
	pcall(function() local x <close> = forever; error("out") end)
end
