-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- expect: error: bad argument #1
-- A method of another class.
local data, completion = require("data").new(8), require("completion").new()
local complete = completion.complete
-- hook
complete(data)
