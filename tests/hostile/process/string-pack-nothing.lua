-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- expect: stopped
-- A long format of options that pack nothing.
local long = ("<>= "):rep(4 << 20)
while true do string.pack(long) end
