-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- expect: stopped
-- A method without a body's way: the leaf of an accessor.
local data = require("data").new(8)
-- hook
while true do data:setint64(0, data:getint64(0) + 1) end
