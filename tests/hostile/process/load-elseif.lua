-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- expect: stopped
-- A chain of conditions: the list of jumps out of it is walked at each.
local source = "if a then " .. ("elseif a then "):rep(300000) .. "end"
while true do load(source) end
