-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- expect: error: not enough memory
-- Errors that carry the errors before them.
local last
while true do
	local _, caught = pcall(error, { last, ("x"):rep(5000) .. tostring(last) })
	last = caught
end
