-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- expect: stopped
-- As many objects with finalizers as there is room for, and all of them when the state is closed.
local mt = { __gc = function() while true do end end }
local kept = {}
pcall(function() for i = 1, 400000 do kept[i] = setmetatable({}, mt) end end)
while true do end
