-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- expect: stopped
-- Tables with weak keys, of which each makes the key of another reachable, in an order that is not the collector's.
local n = 20000
local weak = { __mode = "k" }
local tables, keys = {}, {}
for i = 1, n do tables[i] = setmetatable({}, weak) keys[i] = {} end
for i = 1, n - 1 do tables[i * 7919 % n + 1][keys[i]] = keys[i + 1] end
local first = keys[1]
keys = nil
while true do collectgarbage() end
