-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- expect: error: 
-- __newindex of itself.
local t, u
local meta = {}
t, u = setmetatable({}, meta), setmetatable({}, meta)
meta.__newindex = function() t.x = 1 end
t.x = 1
