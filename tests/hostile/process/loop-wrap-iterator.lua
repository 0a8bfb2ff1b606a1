-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- expect: stopped
-- An iterator that is a coroutine, over nothing.
for _ in coroutine.wrap(function() while true do coroutine.yield(1) end end) do end
