-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- expect: stopped
-- __close that raises, and is caught, and begins anew.
local mt = { __close = function() error("on purpose") end }
while true do pcall(function() local closing <close> = setmetatable({}, mt) error("first") end) end
