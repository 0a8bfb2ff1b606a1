-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- expect: stopped
-- Continuation bytes only.
local long = "x" .. ("\x80"):rep(16 << 20)
while true do utf8.offset(long, 0, #long) utf8.offset(long, 2) end
