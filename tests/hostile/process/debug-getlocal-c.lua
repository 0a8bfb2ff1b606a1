-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- expect: ok
-- expect in softirq hardirq: error: attempt to index a nil value
-- A C function's buffer cannot be had, nor freed under it.
local seen
(("x"):rep(1000)):gsub("x", function()
	for level = 1, 5 do
		for i = 1, 20 do
			local ok, name, value = pcall(debug.getlocal, level, i)
			if ok and type(value) == "userdata" then
				seen = value
				pcall(debug.getmetatable(value).__gc, value)
			end
		end
	end
	return ("y"):rep(100)
end)
assert(not seen)
