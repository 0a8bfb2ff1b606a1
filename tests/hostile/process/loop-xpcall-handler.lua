-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- expect: stopped
-- The message handler loops when the script is stopped.
xpcall(function() while true do end end, function() while true do end end)
while true do end
