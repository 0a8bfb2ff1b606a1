-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- expect: stopped
-- A finalizer that makes the next object with a finalizer, for ever.
local mt = {}
mt.__gc = function() setmetatable({}, mt) end
setmetatable({}, mt)
while true do collectgarbage() end
