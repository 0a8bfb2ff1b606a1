-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- expect: error: not enough memory
-- Each table is the metatable of the next.
local last = {}
while true do last = setmetatable({ __index = last }, last) end
