-- SPDX-License-Identifier: MIT OR GPL-2.0-only
local t = {}
for i = 1, 1 << 30 do t[i] = ("x"):rep(1 << 20) .. i end
