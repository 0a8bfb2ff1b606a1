-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- expect: stopped
-- A flood of lines.
-- hook
while true do print("a line that nobody reads") end
