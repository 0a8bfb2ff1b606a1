-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- expect: stopped
-- Lines that are long.
-- hook
local text = ("x"):rep(100000)
while true do print(text) end
