-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- expect: error: not enough memory
-- A source that doubles.
local text = "return '" .. ("x"):rep(1 << 20)
while true do text = text .. text load(text .. "'") end
