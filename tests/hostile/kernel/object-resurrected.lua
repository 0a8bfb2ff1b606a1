-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- expect: ok
-- An object that a finalizer brings back is whole, or closed by its own finalizer.
local object = require("data").new(8)
-- hook
local kept
setmetatable({ object }, { __gc = function(t) kept = t[1] end })
object = nil
collectgarbage()
collectgarbage()
if kept then
	local good, message = pcall(kept.setint64, kept, 0, 7)
	assert(good and kept:getint64(0) == 7 or message:find("EBADF"), message)
end
