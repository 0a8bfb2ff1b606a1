-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- expect: error: C stack overflow
-- A coroutine in a coroutine.
local function f() coroutine.wrap(f)() end
f()
