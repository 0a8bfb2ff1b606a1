-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- expect: stopped
-- A traceback looks for names in all of package.loaded: a million tables with a million entries.
local big = {}
for i = 1, 100000 do big["k" .. i] = i end
for i = 1, 100000 do package.loaded["m" .. i] = big end
while true do debug.traceback() pcall(string.rep) end
