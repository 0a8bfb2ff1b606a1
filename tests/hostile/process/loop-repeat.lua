-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- expect: stopped
-- A loop that only tests.
local i = 0
repeat i = i + 1 until i < 0
