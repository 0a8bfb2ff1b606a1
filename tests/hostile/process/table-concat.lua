-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- expect: stopped
-- Empty strings: the result never grows.
table.concat(setmetatable({}, { __index = function() return "" end }), "", 1, 1 << 60)
