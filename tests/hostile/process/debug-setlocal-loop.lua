-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- expect: ok
-- The counter of a running loop is the interpreter's: it is not a number of the script's.
local seen = 0
for i = 1, 3 do
	seen = seen + 1
	for n = 1, 20 do
		local name = debug.getlocal(1, n)
		if name and name:sub(1, 1) == "(" then assert(debug.setlocal(1, n, "x") == nil) end
	end
end
assert(seen == 3)
