-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- expect: error: 
-- __index of itself.
local t, u
local meta = {}
t, u = setmetatable({}, meta), setmetatable({}, meta)
meta.__index = function() return 1 and (t.x) or 2 end
local x = t.x
