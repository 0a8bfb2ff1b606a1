-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- expect: ok
-- Multiples of 2^17 - 1: with a remainder for a hash they all meet when the table grows to 2^17, 2^16 squared steps.
local t = {}
for i = 1, (1 << 16) + 1 do t[i * ((1 << 17) - 1)] = true end
