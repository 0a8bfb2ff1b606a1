-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- expect: stopped
-- Looking for a character far away.
local long = ("x"):rep(16 << 20)
while true do utf8.offset(long, 16 << 20) utf8.offset(long, -(16 << 20)) end
