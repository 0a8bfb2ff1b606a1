-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- getinfo of functions and levels.
local function f(a, b, ...) local c return debug.getinfo(1, "nSlutr") end
local i = f(1, 2, 3)
print(i.name, i.namewhat, i.what, i.linedefined, i.lastlinedefined, i.currentline, i.nups, i.nparams, i.isvararg, i.istailcall)
local g = debug.getinfo(f) print(g.what, g.linedefined, g.nups, g.nparams, g.isvararg, g.currentline, g.func == f, g.name)
local p = debug.getinfo(print) print(p.what, p.short_src, p.source, p.linedefined, p.currentline, p.nparams, p.isvararg)
print(debug.getinfo(1, "l").currentline, debug.getinfo(1, "S").what, debug.getinfo(100), debug.getinfo(1, "n").name)
local lines = {} for l in pairs(debug.getinfo(f, "L").activelines) do lines[#lines + 1] = l end table.sort(lines) print(table.concat(lines, " "))
print(debug.getinfo(load("return 1", "=name")).source, debug.getinfo(load("return 1", "=name")).short_src, debug.getinfo(load("return 1", "@file.lua")).short_src, debug.getinfo(load("x = 1\ny = 2")).short_src)
local function tail() return debug.getinfo(1, "t").istailcall end local function caller() return tail() end print(caller(), tail())
local t = { method = function() return debug.getinfo(1, "n") end } local n = t.method() print(n.name, n.namewhat) n = t:method() print(n.name, n.namewhat)
local mt = setmetatable({}, { __index = function() return debug.getinfo(1, "n").name end, __add = function() local x = debug.getinfo(1, "n") return x.name .. x.namewhat end }) print(mt.x, mt + 1)
for k in (function() local d = debug.getinfo(1, "n") return function(_, i) if not i then local x = debug.getinfo(1, "n") print(x.name, x.namewhat) return 1 end end end)() do end
global_function = function() return debug.getinfo(1, "n") end n = global_function() print(n.name, n.namewhat)
local co = coroutine.create(function(x) local y = 2 coroutine.yield() end) coroutine.resume(co, 1) print(debug.getinfo(co, 1, "l").currentline, debug.getinfo(co, 0, "S").what, debug.getinfo(co, 5))
print(pcall(debug.getinfo)) print(pcall(debug.getinfo, 1, "X")) print(pcall(debug.getinfo, 1, ">")) print(pcall(debug.getinfo, {})) print(pcall(debug.getinfo, "x")) print(pcall(debug.getinfo, -1))
