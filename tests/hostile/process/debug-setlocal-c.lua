-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- expect: ok
-- The subject of a running gsub() must stay what it is: writing a C function's slots does nothing.
local result = ("abcabc"):gsub("b", function()
	for i = 1, 20 do
		for level = 1, 5 do pcall(debug.setlocal, level, i, ("y"):rep(3)) end
	end
	collectgarbage()
end)
assert(result == "abcabc")
