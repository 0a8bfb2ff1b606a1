-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- expect: stopped
-- A tail call that adds an argument each time: the stack is moved each time.
local function f(...) return f(1, ...) end
while true do pcall(f) end
