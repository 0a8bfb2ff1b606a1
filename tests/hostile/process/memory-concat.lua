-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- expect: error: not enough memory
-- A string that doubles.
local s = "x"
while true do s = s .. s end
