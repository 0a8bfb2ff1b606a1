-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- expect: stopped
-- print and tostring ask the value.
local object = setmetatable({}, { __tostring = function() while true do end end, __name = "x" })
return tostring(object)
