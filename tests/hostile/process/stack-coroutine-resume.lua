-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- expect: ok
-- The same, and nobody looks at the result.
local function f() coroutine.resume(coroutine.create(f)) end
f()
