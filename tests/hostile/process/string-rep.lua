-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- expect: stopped
-- A long string of short ones.
while true do ("x"):rep(16 << 20) end
