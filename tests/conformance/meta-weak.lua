-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- __mode: weak keys, weak values, ephemerons.
local function count(t) local n = 0 for _ in pairs(t) do n = n + 1 end return n end
local k, v, kv = setmetatable({}, { __mode = "k" }), setmetatable({}, { __mode = "v" }), setmetatable({}, { __mode = "kv" })
local key, value = {}, {}
k[key] = 1 k[{}] = 2 k.string = {} k[1] = {}
v.a = value v.b = {} v.c = "string" v.d = 5 v[1] = {} v[2] = value
kv[key] = {} kv[{}] = value kv[key] = value kv.x = {}
collectgarbage()
print(count(k), k[key], k.string ~= nil, k[1] ~= nil)
print(count(v), v.a == value, v.b, v.c, v.d, v[1], v[2] == value)
print(count(kv), kv[key] == value, kv.x)
local e = setmetatable({}, { __mode = "k" })
do
	local a, b = {}, {}
	e[a] = b e[b] = a
	e[key] = { key }
end
collectgarbage()
print(count(e), e[key][1] == key)
key = nil
collectgarbage() collectgarbage()
print(count(k), count(e), count(kv))
local cache = setmetatable({}, { __mode = "v" })
for i = 1, 100 do cache[i] = { i } end
collectgarbage()
print(count(cache))
local strings = setmetatable({}, { __mode = "kv" })
for i = 1, 10 do strings["s" .. i] = "v" .. i end
collectgarbage()
print(count(strings))
collectgarbage("generational")
for i = 1, 1000 do cache[i] = { i } end
collectgarbage()
print(count(cache), collectgarbage("incremental"))
