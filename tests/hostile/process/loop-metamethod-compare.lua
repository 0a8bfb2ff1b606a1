-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- expect: stopped
-- A comparison that never ends.
local mt = { __lt = function() while true do end end, __le = function() while true do end end, __eq = function() while true do end end }
return setmetatable({}, mt) < setmetatable({}, mt)
