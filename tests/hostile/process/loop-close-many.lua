-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- expect: stopped
-- Variables to be closed, each of which opens one.
local function again()
	local closing <close> = setmetatable({}, { __close = function() end })
	return 1
end
while true do again() end
