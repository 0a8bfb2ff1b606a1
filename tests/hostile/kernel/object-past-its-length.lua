-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- expect: error: out of
-- Beyond the end.
local data = require("data").new(8)
-- hook
data:setint64(math.maxinteger - 3, 1)
