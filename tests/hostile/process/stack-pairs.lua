-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- expect: error: C stack overflow
-- __pairs of itself.
local t = setmetatable({}, {})
getmetatable(t).__pairs = pairs
pairs(t)
