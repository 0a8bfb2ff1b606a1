-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- expect: stopped
-- A substitution that copies a long string byte by byte.
local long = ("a"):rep(8 << 20)
while true do long:gsub("b", "") end
