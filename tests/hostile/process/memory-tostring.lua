-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- expect: error: not enough memory
-- tostring() that returns more each time.
local text = "x"
local object = setmetatable({}, { __tostring = function() text = text .. text return text end })
while true do tostring(object) end
