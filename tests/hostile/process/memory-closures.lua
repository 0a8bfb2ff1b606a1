-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- expect: error: not enough memory
-- Many functions.
local t
while true do local u = t; t = function() return u end end
