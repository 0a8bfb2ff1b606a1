-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- Patterns.
local text = ("the quick brown fox jumps over the lazy dog; "):rep(30)
return function()
	local total = 0
	for i = 1, 10 do
		local s, n = text:gsub("(%w+) (%w+)", "%2 %1")
		total = total + n + select(2, s:gsub("%s+", ""))
		for word in s:gmatch("%a+") do total = total + #word end
	end
	return total
end
