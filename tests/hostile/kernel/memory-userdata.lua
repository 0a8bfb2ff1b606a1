-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- expect: error: not enough memory
-- Objects of the kernel count as well.
local data = require("data")
-- hook
local kept = {}
while true do kept[#kept + 1] = data.new(1024) end
