-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- expect: error: C stack overflow
-- __close enters what it closes.
local function f()
	local x <close> = setmetatable({}, { __close = function() f() end })
end
f()
