-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- expect: error: not enough memory
-- Closures, each with upvalues of its own.
local kept = {}
while true do
	local a, b, c, d, e, f, g, h = {}, {}, {}, {}, {}, {}, {}, {}
	kept[#kept + 1] = function() return a, b, c, d, e, f, g, h end
end
