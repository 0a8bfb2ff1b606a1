-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- expect: error: not enough memory
-- Tracebacks in front of tracebacks.
local text = "x"
while true do text = debug.traceback(text .. text) end
