-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- Protected calls, with and without an error.
return function()
	local failed = 0
	local function work(i) if i % 8 == 0 then error("eight", 0) end return i end
	for i = 1, 12000 do
		if not pcall(work, i) then failed = failed + 1 end
	end
	return failed
end
