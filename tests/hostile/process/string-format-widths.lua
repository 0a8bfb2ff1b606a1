-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- expect: stopped
-- The widest fields there are, in one format.
local format = ("%99.99d"):rep(500)
local numbers = {}
for i = 1, 500 do numbers[i] = math.mininteger end
while true do pcall(string.format, format, table.unpack(numbers)) end
