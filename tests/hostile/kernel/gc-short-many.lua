-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- expect: error: time budget exceeded
-- in: softirq hardirq
-- Very many finalizers in one collection, none of which loops or calls anything: each is short, together they are not.
local mt = { __gc = load("local n = 0 " .. string.rep("n = n + 1 ", 10000)) }
local kept = {}
for i = 1, 30000 do kept[i] = setmetatable({}, mt) end
-- hook
kept = nil
collectgarbage()
