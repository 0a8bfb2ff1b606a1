-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- expect: stopped
-- Quoting a long string.
local long = ("\n"):rep(4 << 20)
while true do ("%q"):format(long) end
