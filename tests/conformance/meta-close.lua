-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- To-be-closed variables.
local function closer(name) return setmetatable({}, { __close = function(_, e) print("close", name, e) end }) end
do local a <close> = closer "a" local b <close> = closer "b" print("body") end
local function f() local x <close> = closer "x" return "result" end
print(f())
print(pcall(function() local y <close> = closer "y" error("oops", 0) end))
print(pcall(function()
	local a <close> = setmetatable({}, { __close = function(_, e) print("outer", e) error("from outer", 0) end })
	local b <close> = setmetatable({}, { __close = function(_, e) print("inner", e) error("from inner", 0) end })
	error("first", 0)
end))
do local n <close> = nil local f <close> = false print("nil and false are fine") end
print(pcall(function() local bad <close> = {} end))
print(pcall(function() local bad <close> = 5 end))
for i = 1, 2 do local c <close> = closer("loop " .. i) if i == 2 then break end end
local i = 0
while i < 2 do i = i + 1 local c <close> = closer("while " .. i) end
do local c <close> = closer "goto" goto out end
::out::
local co = coroutine.wrap(function() local c <close> = closer "coroutine" coroutine.yield(1) return 2 end)
print(co()) print(co())
local co2 = coroutine.create(function() local c <close> = closer "closed" coroutine.yield() end)
coroutine.resume(co2) print(coroutine.close(co2))
local function tail() local c <close> = closer "no tail call" return f() end
print(tail())
local function multi() local c <close> = closer "multi" return 1, 2, 3 end
print(multi())
