-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- expect: error: 
-- __len of itself.
local t, u
local meta = {}
t, u = setmetatable({}, meta), setmetatable({}, meta)
meta.__len = function() return 1 and (#t) or 2 end
local x = #t
