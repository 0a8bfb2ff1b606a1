-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- expect: stopped
-- The same, with a function in C to make them.
local t = setmetatable({}, { __index = setmetatable({}, { __index = string.rep }) })
string.rep = nil
table.concat(setmetatable({}, { __index = function() return "" end }), "", math.mininteger, math.maxinteger)
