-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- expect: stopped
-- Two thousand million elements, says __len, and all are nil to a comparison in C.
table.sort(setmetatable({}, { __len = function() return (1 << 31) - 2 end }), rawequal)
