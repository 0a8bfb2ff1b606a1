-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- expect: stopped
-- The iterator is a C function: nothing but the loop itself is Lua.
for _ in coroutine.wrap(function() while true do coroutine.yield(1) end end) do end
