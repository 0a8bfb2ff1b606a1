-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- expect: error: not enough memory
-- Small objects.
local completion = require("completion")
-- hook
local kept = {}
while true do kept[#kept + 1] = completion.new() end
