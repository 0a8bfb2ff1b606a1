-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- expect: error: C stack overflow
-- tostring calls back, into tostring.
local t = setmetatable({}, {})
getmetatable(t).__tostring = tostring
tostring(t)
