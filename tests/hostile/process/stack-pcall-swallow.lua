-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- expect: ok
-- pcall in pcall, and nobody looks at the result.
local function f() pcall(f) end
f()
