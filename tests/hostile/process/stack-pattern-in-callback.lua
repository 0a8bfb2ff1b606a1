-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- expect: error: C stack overflow
-- A pattern as deep as it goes, on a stack that is deep already.
local function f(n)
	local ok, message = pcall(string.find, ("a"):rep(300), ("a?"):rep(190))
	return (("x"):gsub("x", function() return f(n + 1) end))
end
f(0)
