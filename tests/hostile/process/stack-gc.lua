-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- expect: ok
-- A finalizer that collects.
local meta = {}
meta.__gc = function() setmetatable({}, meta) collectgarbage() end
setmetatable({}, meta)
collectgarbage()
