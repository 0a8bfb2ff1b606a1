-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- expect: stopped
-- One byte after the other, backwards.
local long = ("x"):rep(16 << 20)
while true do long:reverse() end
