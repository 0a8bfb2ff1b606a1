-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- expect: stopped
-- A finalizer that loops.
setmetatable({}, { __gc = function() while true do end end })
collectgarbage()
while true do end
