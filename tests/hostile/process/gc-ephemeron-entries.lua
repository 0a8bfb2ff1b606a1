-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- expect: stopped
-- A chain through the entries of one table with weak keys, collected again and again.
local n = 100000
local next = setmetatable({}, { __mode = "k" })
local first = {}
local key = first
for i = 1, n do
	local value = {}
	next[key] = value
	key = value
end
while true do collectgarbage() end
