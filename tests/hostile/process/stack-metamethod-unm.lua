-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- expect: error: 
-- __unm of itself.
local t, u
local meta = {}
t, u = setmetatable({}, meta), setmetatable({}, meta)
meta.__unm = function() return 1 and (-t) or 2 end
local x = -t
