-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- expect: stopped
-- Each level of a recursion catches the error and goes on.
local function f(n)
	pcall(function() while true do end end)
	if n > 0 then return f(n - 1) end
	while true do pcall(f, 10) end
end
f(5)
