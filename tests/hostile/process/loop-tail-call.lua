-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- expect: stopped
-- A loop of calls that never grows the stack.
local function again() return again() end
again()
