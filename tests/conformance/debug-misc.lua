-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- Metatables, registry, user values and tracebacks.
local m = {} local t = {}
print(debug.setmetatable(t, m) == t, debug.getmetatable(t) == m, getmetatable(t) == m) debug.setmetatable(t, nil) print(debug.getmetatable(t))
debug.setmetatable(5, { __index = function(n, k) return k .. n end, __call = function(n, x) return n * x end, __len = function(n) return n end }) print((5).field, (5)(6), #7) debug.setmetatable(5, nil) print(pcall(function() return (5).x end))
debug.setmetatable(nil, { __index = function(_, k) return "nil." .. k end }) print((nil).x) debug.setmetatable(nil, nil)
debug.setmetatable(print, { __index = { name = "function" }, __add = function() return "added" end }) print(print.name, print + type) debug.setmetatable(print, nil)
debug.setmetatable(true, { __concat = function(a, b) return tostring(a) .. tostring(b) end }) print(true .. false, true .. "x") debug.setmetatable(true, nil)
print(debug.getmetatable(setmetatable({}, { __metatable = "locked" })).__metatable) print(debug.getmetatable("").__index == string)
print(pcall(debug.setmetatable, {}, 5)) print(pcall(debug.setmetatable, {})) print(pcall(debug.getmetatable))
print(type(debug.getregistry()), debug.getregistry()._LOADED == package.loaded, debug.getuservalue(5), debug.getuservalue({}, 1)) print(pcall(debug.setuservalue, {}, 1))
print(debug.traceback("message", 100)) print(debug.traceback({}) ~= nil, debug.traceback(nil) ~= nil, debug.traceback(5, 100))
local function clean(s) return (s:gsub("\n%s+%[C%].*", "")) end
local function a() return debug.traceback("here") .. "" end local function b() local r = a() return r end print(clean(b()))
print(clean(debug.traceback("level", 1))) print(clean(coroutine.wrap(function() return debug.traceback("in coroutine") end)()))
local co = coroutine.create(function() local function inner() coroutine.yield() end inner() end) coroutine.resume(co) print(debug.traceback(co)) print(debug.traceback(co, "msg")) print(debug.traceback(co, "msg", 1)) print(debug.traceback(co, nil, 2))
local function rec(n) if n == 0 then return debug.traceback("deep") end local r = rec(n - 1) return r end local s = clean(rec(50)) print(select(2, s:gsub("\n", "\n")), s:match("skipping %d+ levels"))
print(xpcall(function() local x = nil x() end, function(m) return clean(debug.traceback(m)) end))
