-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- expect: stopped
-- A substitution in a long string whose callback is C.
local long = ("a"):rep(8 << 20)
while true do long:gsub(".", string.len) end
