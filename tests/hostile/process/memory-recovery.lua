-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- expect: ok
-- Errors while there is no memory are caught again and again; then there is memory again.
local keep = {}
for i = 1, 1000 do
	pcall(function()
		while true do keep[#keep + 1] = ("x"):rep(1000) .. #keep end
	end)
end
assert(#keep > 1000)
keep = nil
collectgarbage()
assert(#("x"):rep(1 << 20) == 1 << 20)
