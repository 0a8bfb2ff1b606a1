-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- expect: stopped
-- The size of a format that packs nothing.
local long = ("<>= "):rep(4 << 20)
while true do string.packsize(long) end
