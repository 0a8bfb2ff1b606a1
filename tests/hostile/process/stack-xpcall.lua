-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- expect: ok
-- A handler that fails and is handled.
local function f() error(setmetatable({}, { __tostring = error })) end
xpcall(f, f)
xpcall(f, function() xpcall(f, f) end)
