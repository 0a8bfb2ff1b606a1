-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- expect: stopped
-- A library function that is quick, for ever.
local linux = require("linux")
-- hook
while true do linux.random() end
