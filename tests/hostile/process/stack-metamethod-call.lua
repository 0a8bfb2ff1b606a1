-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- expect: error: 
-- __call of itself.
local t, u
local meta = {}
t, u = setmetatable({}, meta), setmetatable({}, meta)
meta.__call = function() return (pcall(t)) and 1 end
t()
error("C stack overflow")
