-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- expect: stopped
-- Growing such tables again and again.
while true do
	local t = {}
	for i = 1, (1 << 18) + 1 do t[i * ((1 << 19) - 1)] = true end
end
