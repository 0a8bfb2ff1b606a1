-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- expect: stopped
-- A number of many digits.
local long = ("0"):rep(16 << 20)
while true do tonumber(long) tonumber(long, 10) end
