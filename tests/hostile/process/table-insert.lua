-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- expect: stopped
-- The length is what __len says.
table.insert(setmetatable({}, { __len = function() return 1 << 60 end }), 1, 1)
