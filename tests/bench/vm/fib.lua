-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- Calls of functions.
local function fib(n)
	return n < 2 and n or fib(n - 1) + fib(n - 2)
end
return function() return fib(22) end
