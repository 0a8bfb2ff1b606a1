-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- Call, return, line and count hooks.
local log = {}
local function work(n) local s = 0
	for i = 1, n do
		s = s + i
	end
	return s
end
debug.sethook(function(event, line) log[#log + 1] = event .. (line or "") end, "l") work(2) debug.sethook() print(table.concat(log, " "))
log = {} debug.sethook(function(event) local n = debug.getinfo(2, "n").name log[#log + 1] = event .. ":" .. tostring(n) end, "cr") work(1) debug.sethook() print(table.concat(log, " "))
local n = 0 debug.sethook(function() n = n + 1 end, "", 100) work(1000) debug.sethook() print(n)
print(debug.gethook()) local f = function() end debug.sethook(f, "crl", 7) local a, b, c = debug.gethook() debug.sethook() print(a == f, b, c)
log = {} local function rec(k) if k > 0 then return rec(k - 1) end end debug.sethook(function(e) log[#log + 1] = e end, "c") rec(3) debug.sethook() print(table.concat(log, " "))
local co = coroutine.create(function() work(1) coroutine.yield() end) log = {} debug.sethook(co, function(e, l) log[#log + 1] = l end, "l") coroutine.resume(co) print(table.concat(log, " ")) print(debug.gethook(co) ~= nil, debug.gethook())
print(pcall(function() debug.sethook(function() debug.sethook() error("from hook", 0) end, "l")
	local x = 1
end)) debug.sethook()
debug.sethook(function() debug.sethook() log = "once" end, "", 1) work(1) print(log)
print(pcall(debug.sethook, 5)) print(pcall(debug.sethook, print)) print(pcall(debug.sethook, print, 5, "x"))
local depth, max = 0, 0 debug.sethook(function(e) if e == "call" then depth = depth + 1 if depth > max then max = depth end elseif e == "return" then depth = depth - 1 end end, "cr"); (function() (function() work(1) end)() end)() debug.sethook() print(max)
