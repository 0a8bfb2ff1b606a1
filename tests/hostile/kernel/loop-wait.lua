-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- in: process thread
-- expect: stopped
-- It waits for what never comes.
local completion = require("completion").new()
-- hook
while true do pcall(completion.wait, completion) end
