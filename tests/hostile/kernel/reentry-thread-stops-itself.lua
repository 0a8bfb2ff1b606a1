-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- in: thread
-- expect: error: EDEADLK
-- A thread that waits for its own end.
local thread = require("thread")
-- hook
thread.current():stop()
