-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- expect: stopped
-- Each finalizer makes the next object to be finalized.
local meta = {}
meta.__gc = function() setmetatable({}, meta) end
setmetatable({}, meta)
while true do collectgarbage() end
