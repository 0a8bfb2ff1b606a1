-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- expect: stopped
-- Counting the characters of a long string.
local long = ("x"):rep(16 << 20)
while true do utf8.len(long) end
