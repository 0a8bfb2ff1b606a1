-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- expect: stopped
-- A hook of the script's own that loops.
debug.sethook(function() while true do end end, "", 1)
local x = 1
