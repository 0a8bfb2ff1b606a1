-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- in: process thread
-- expect: stopped
-- It sleeps for ever.
local linux = require("linux")
-- hook
while true do pcall(linux.schedule, 1 << 30) end
