-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- expect: error: 
-- A hook in a hook.
local function h() debug.sethook(h, "", 1) h() end
pcall(debug.sethook, h, "", 1)
local x = 1
