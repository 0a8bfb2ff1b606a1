-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- expect: stopped
-- A metamethod that loops.
local t = setmetatable({}, { __index = function() while true do end end })
return t.x
