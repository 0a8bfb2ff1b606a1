-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- expect: stopped
-- A long format without arguments.
local long = ("%%"):rep(8 << 20)
while true do long:format() end
