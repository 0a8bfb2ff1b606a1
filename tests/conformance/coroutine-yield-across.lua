-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- Yields inside pcall, metamethods, iterators and load.
local co = coroutine.wrap(function()
	print(pcall(function() coroutine.yield(1) error("after yield", 0) end))
	print(xpcall(function() coroutine.yield(2) error("x", 0) end, function(m) return "handled " .. m end))
	local t = setmetatable({}, { __index = function(_, k) return coroutine.yield("index " .. k) end, __newindex = function(_, k, v) coroutine.yield("newindex " .. k .. v) end,
		__add = function() return coroutine.yield "add" end, __concat = function() return coroutine.yield "concat" end, __eq = function() return coroutine.yield "eq" end,
		__lt = function() return coroutine.yield "lt" end, __le = function() return coroutine.yield "le" end, __len = function() return coroutine.yield "len" end,
		__unm = function() return coroutine.yield "unm" end, __call = function(_, x) return coroutine.yield("call " .. x) end, __close = function() coroutine.yield "close" end,
		__band = function() return coroutine.yield "band" end, __idiv = function() return coroutine.yield "idiv" end })
	print(t.key) t.key = "v" print(t + 1) print(t .. "x") print(t == setmetatable({}, getmetatable(t))) print(t < 1) print(t <= 1) print(#t) print(-t) print(t(5)) print(t & 1) print(t // 1)
	if t < t then print "true branch" else print "false branch" end
	if not (t <= t) then print "true branch" else print "false branch" end
	do local c <close> = t end
	for i in function(_, i) return coroutine.yield("iterator") end do print("loop", i) end
	for k, v in pairs(setmetatable({}, { __pairs = function() coroutine.yield "pairs" return next, { 1 }, nil end })) do print(k, v) end
	print(select("#", coroutine.yield()))
	return "finished"
end)
local value = nil
local script = { nil, nil, "indexed", nil, 10, "cat", true, false, true, 7, -7, "called", "banded", "idived", true, false, nil, "i1", false, nil, nil }
for i = 1, 40 do
	local r = table.pack(co(script[i]))
	print("yielded", table.unpack(r, 1, r.n))
	if r[1] == "finished" then break end
end
