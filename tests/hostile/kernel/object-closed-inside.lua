-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- in: process thread
-- expect: ok
-- Closed again and again, and used in between.
local data = require("data")
-- hook
for _ = 1, 1000 do
	local completion = require("completion").new()
	for _ = 1, 3 do local closing <close> = completion end
	assert(not pcall(completion.complete, completion))
end
