-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- expect: error: not enough memory
-- One object larger than the cap.
local data = require("data")
-- hook
return data.new(100 << 20)
