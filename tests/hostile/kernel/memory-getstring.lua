-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- expect: error: not enough memory
-- Strings out of an object.
local data = require("data").new(1 << 16)
-- hook
local kept = {}
for i = 1, math.maxinteger do
	data:setuint32(0, i & 0xffffffff)
	kept[i] = data:getstring(0)
end
