-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- expect: stopped
-- Methods that fail, caught.
local data = require("data").new(8)
-- hook
while true do pcall(data.getint64, data, 99) pcall(data.getint64) pcall(data.getint64, print) end
