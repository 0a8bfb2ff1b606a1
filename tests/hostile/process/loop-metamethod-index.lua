-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- expect: stopped
-- A field that is never there.
local t = setmetatable({}, { __index = function(t, k) while true do k = not k end end })
return t.x
