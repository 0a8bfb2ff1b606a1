-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- expect: error: too many results to unpack
-- Arguments that double.
local function double(...)
	local all = table.pack(...)
	table.move(all, 1, all.n, all.n + 1)
	return double(table.unpack(all, 1, 2 * all.n))
end
double(1, 2, 3)
