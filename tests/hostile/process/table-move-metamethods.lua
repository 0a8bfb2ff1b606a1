-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- expect: stopped
-- Elements that C functions read and write.
table.move(setmetatable({}, { __index = rawlen, __newindex = rawequal }), 1, 1 << 60, 2)
