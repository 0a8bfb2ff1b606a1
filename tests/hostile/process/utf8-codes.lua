-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- expect: stopped
-- An iterator that skips a long run of continuation bytes at each step.
local long = ("\x80"):rep(16 << 20)
local step = utf8.codes("")
while true do pcall(step, long, 1) end
