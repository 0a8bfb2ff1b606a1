-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- expect: stopped
-- A numeral of some megabytes.
local source = "return 0x" .. ("0"):rep(8 << 20)
while true do load(source) end
