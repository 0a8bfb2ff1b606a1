-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- expect: error: C stack overflow
-- format calls back, into format.
local t = setmetatable({}, {})
getmetatable(t).__tostring = function() return ("%s"):format(t) end
tostring(t)
