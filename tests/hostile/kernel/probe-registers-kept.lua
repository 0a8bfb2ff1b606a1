-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- in: hardirq
-- times: 2
-- expect: ok
-- Registers that are asked for later.
-- hook
local symbol, probe = ...
assert(probe:argument(1))
_G.late = _G.late or setmetatable({}, { __gc = function() pcall(probe.argument, probe, 1) end })
