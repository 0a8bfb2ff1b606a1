-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- expect: stopped
-- A long string, compiled again and again.
local source = "return [[" .. ("x"):rep(8 << 20) .. "]]"
while true do load(source) end
