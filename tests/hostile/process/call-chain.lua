-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- expect: error: stack overflow
-- A table that is its own __call: each step moves all arguments.
local t = setmetatable({}, {})
getmetatable(t).__call = t
t()
