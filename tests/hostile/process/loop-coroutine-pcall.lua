-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- expect: stopped
-- Coroutines that are stopped are dead; the script makes new ones and looks away.
while true do
	local co = coroutine.create(function() while true do end end)
	coroutine.resume(co)
	coroutine.close(co)
end
