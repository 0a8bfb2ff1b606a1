-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- getlocal, setlocal, upvalues.
local function f(a, b, ...) local c = a + b do local d = 5 end local name, value = debug.getlocal(1, 1) print(name, value) print(debug.getlocal(1, 2)) print(debug.getlocal(1, 3)) print(debug.getlocal(1, -1)) print(debug.getlocal(1, -2)) print(debug.getlocal(1, -3)) print(debug.getlocal(1, 100)) print(debug.setlocal(1, 1, "changed"), a, debug.setlocal(1, 100, 1), debug.setlocal(1, -1, "vararg"), ...) end
f(1, 2, "x", "y")
print(debug.getlocal(f, 1), debug.getlocal(f, 2), debug.getlocal(f, 3)) print(debug.getlocal(print, 1))
print(pcall(debug.getlocal, 100, 1)) print(pcall(debug.setlocal, 100, 1, 1)) print(pcall(debug.getlocal)) print(pcall(debug.getlocal, 1)) print(pcall(debug.getlocal, {}, 1))
local co = coroutine.create(function(x) local y = x * 2 coroutine.yield() return y end) coroutine.resume(co, 21) print(debug.getlocal(co, 1, 1)) print(debug.getlocal(co, 1, 2)) print(debug.setlocal(co, 1, 2, "new")) print(coroutine.resume(co))
local u1, u2 = 1, 2
local function g() return u1, u2 end local function h() return u2 end
print(debug.getupvalue(g, 1)) print(debug.getupvalue(g, 2)) print(debug.getupvalue(g, 3)) print(debug.setupvalue(g, 1, 10), u1, debug.setupvalue(g, 5, 1)) print(g())
print(debug.upvalueid(g, 2) == debug.upvalueid(h, 1), debug.upvalueid(g, 1) == debug.upvalueid(h, 1), type(debug.upvalueid(g, 1)), debug.upvalueid(g, 9))
debug.upvaluejoin(h, 1, g, 1) print(h()) u1 = 77 print(h())
print(pcall(debug.upvaluejoin, g, 9, h, 1)) print(pcall(debug.upvaluejoin, print, 1, h, 1)) print(pcall(debug.getupvalue)) print(pcall(debug.getupvalue, 5, 1)) print(pcall(debug.setupvalue, g, 1)) print(debug.getupvalue(load("x = 1"), 1) == "_ENV") print(debug.getupvalue(print, 1)) print(debug.getupvalue(string.gmatch("x", "x"), 1))
local env = { print = print } local chunk = load("y = 5 return y") debug.setupvalue(chunk, 1, env) print(chunk(), env.y, y)
