-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- expect: stopped
-- Pending gotos, looked through at each label.
local lines = {}
for i = 1, 30000 do lines[i] = "goto a" .. i .. " do ::b" .. i .. ":: end" end
local source = table.concat(lines, "\n")
while true do load(source) end
