-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- expect: stopped
-- Comparing long equal strings.
local a, b = ("x"):rep(16 << 20), ("x"):rep(16 << 20)
while a <= b and a == b do end
