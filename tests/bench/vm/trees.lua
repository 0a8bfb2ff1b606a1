-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- Trees that are built and thrown away. Allocation-heavy.
local function tree(depth)
	return depth == 0 and {} or { tree(depth - 1), tree(depth - 1) }
end
return function()
	local n = 0
	for i = 1, 12 do n = n + #tree(9) end
	return n
end
