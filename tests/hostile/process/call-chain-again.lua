-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- expect: stopped
-- The same in a loop that does not care.
local t = setmetatable({}, {})
getmetatable(t).__call = t
while true do pcall(t) end
