-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- expect: stopped
-- A comment of some megabytes, compiled again and again.
local source = "--" .. ("x"):rep(16 << 20)
while true do load(source) end
