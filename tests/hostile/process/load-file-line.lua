-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- expect: stopped
-- A first line that does not end is skipped before Lua looks at the file. (No file like it can be made from here.)
while true do loadfile("/proc/self/maps") end
