-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- Strings from pieces.
return function()
	local size = 0
	for i = 1, 4000 do
		local s = "key" .. i .. ":" .. i * 2
		size = size + #s
	end
	local parts = {}
	for i = 1, 4000 do parts[i] = i end
	return size + #table.concat(parts, ",")
end
