-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- expect: stopped
-- A handler that handles for ever.
xpcall(error, function() while true do end end, "once")
while true do xpcall(error, function() while true do end end) end
