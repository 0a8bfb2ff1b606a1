-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- Small tables that live shortly: the allocator and the collector. Allocation-heavy.
return function()
	local last
	for i = 1, 15000 do last = { i, i + 1, next = { i } } end
	return last[1]
end
