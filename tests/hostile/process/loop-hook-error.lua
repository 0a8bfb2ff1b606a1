-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- expect: stopped
-- A hook that raises at every instruction, in coroutines that nobody cares for.
while true do
	local co = coroutine.create(function() while true do end end)
	debug.sethook(co, function() error("hook") end, "", 1)
	coroutine.resume(co)
end
