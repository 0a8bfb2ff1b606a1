-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- expect: stopped
-- Objects that nobody keeps are collected before the cap is reached.
local data = require("data")
-- hook
while true do data.new(100000) end
