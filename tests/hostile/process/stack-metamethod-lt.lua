-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- expect: error: 
-- __lt of itself.
local t, u
local meta = {}
t, u = setmetatable({}, meta), setmetatable({}, meta)
meta.__lt = function() return 1 and (t < u) or 2 end
local x = t < u
