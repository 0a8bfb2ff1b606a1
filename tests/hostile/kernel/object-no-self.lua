-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- expect: error: bad argument #1
-- A method without its object.
local get = require("data").new(8).getint64
-- hook
get()
