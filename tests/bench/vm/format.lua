-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- string.format.
return function()
	local size = 0
	for i = 1, 4000 do size = size + #string.format("%d %5d %x %s %q", i, i, i, "abc", "d\"e") end
	return size
end
