-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- expect: stopped
-- Many finalizers, each of which loops when the script is stopped or its state closed.
for i = 1, 1000 do setmetatable({}, { __gc = function() while true do end end }) end
collectgarbage()
while true do end
