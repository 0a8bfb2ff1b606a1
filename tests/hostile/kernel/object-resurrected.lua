-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- expect: ok
-- An object that a finalizer brings back is whole.
local object = require("data").new(8)
-- hook
local kept
setmetatable({ object }, { __gc = function(t) kept = t[1] end })
object = nil
collectgarbage()
collectgarbage()
if kept then kept:setint64(0, 7) assert(kept:getint64(0) == 7) end
