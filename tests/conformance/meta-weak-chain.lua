-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- Chains through tables with weak keys, long and out of order: what is reached through one stays, what is not goes, soon.
local function chain(n, step)
	local weak = { __mode = "k" }
	local tables, keys = {}, {}
	for i = 1, n do tables[i] = setmetatable({}, weak) keys[i] = { i } end
	for i = 1, n - 1 do tables[i * step % n + 1][keys[i]] = keys[i + 1] end
	local first = keys[1]
	keys = nil
	collectgarbage()
	local key, length = first, 1
	while true do
		local after = tables[key[1] * step % n + 1][key]
		if not after then break end
		assert(after[1] == key[1] + 1)
		key, length = after, length + 1
	end
	return length, tables, first
end

print((chain(10, 7)))
print((chain(100, 37)))
print((chain(3000, 1789)))

-- When its head goes the chain goes, if nothing long is left.
local length, tables, first = chain(3000, 1789)
first = nil
collectgarbage()
collectgarbage()
local left = 0
for i = 1, #tables do left = left + (next(tables[i]) and 1 or 0) end
print(length, left)

-- One table, whose entries are a chain.
local entries, head = setmetatable({}, { __mode = "k" }), {}
local key = head
for i = 1, 3000 do
	local value = { i }
	entries[key] = value
	key = value
end
key = nil
collectgarbage()
local count = 0
key = head
while entries[key] do key, count = entries[key], count + 1 end
print(count, key[1])
