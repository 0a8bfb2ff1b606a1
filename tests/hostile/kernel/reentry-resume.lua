-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- in: process thread
-- expect: ok
-- A runtime that is stopped while somebody resumes it.
local lunatik = require("lunatik")
-- hook
for _ = 1, 20 do
	local inner = lunatik.runtime("test/nothing")
	inner:resume()
	inner:stop()
	assert(not pcall(inner.resume, inner))
end
