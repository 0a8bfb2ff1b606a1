-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- expect: error: 
-- __add of itself.
local t, u
local meta = {}
t, u = setmetatable({}, meta), setmetatable({}, meta)
meta.__add = function() return 1 and (t + 1) or 2 end
local x = t + 1
