-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- expect: error: not enough memory
-- A format that grows the string.
local s = "x"
while true do s = ("%s%s"):format(s, s) end
