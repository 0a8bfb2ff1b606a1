-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- expect: error: 
-- The handler of an error raises an error.
local function h() error("again") end
local ok, m = xpcall(error, h)
assert(not ok)
error(m)
