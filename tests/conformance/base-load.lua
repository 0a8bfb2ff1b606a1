-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- load from strings and functions, modes and environments.
print(load("return 1 + 1")()) print(load("return ...")(1, 2)) print(load("syntax error here")) print(load("x =", "=chunk")) print(load("x =", "@file.lua")) print(load("x =", "code\nmore"))
local parts = { "return ", "1", " + ", "2", nil }
local i = 0
print(load(function() i = i + 1 return parts[i] end)())
print(load(function() return nil end)()) print(load("")())
i = 0
print(load(function() i = i + 1 return ({ "return 'a", "b", "c'", "" })[i] end)())
-- The host's own message handler sees these errors and may add a traceback.
local function first_line(f, message) return f, (message:gsub("\n.*", "")) end
print(first_line(load(function() error("reader", 0) end)))
print(first_line(load(function() return {} end))) print(first_line(load(function() return true end)))
local env = { y = 5 }
print(load("x = y; return x", "c", "t", env)(), env.x, x)
print(load("return _ENV", "c", "t", env)() == env) print(pcall(load("return y", "c", "t", nil)))
print(load("return 1", "c", "b")) print(load("return 1", "c", "")) print(load("return 1", "c", "x")) print(load("return 1", "c", "bt")())
print(pcall(load)) print(pcall(load, {})) print(pcall(load, nil)) print(load(5)) print(pcall(load, "x", "y", {}))
local f = load("local a = 0 return function() a = a + 1 return a end")
local g, h = f(), f()
print(g(), g(), h())
print(#load("return '" .. ("x"):rep(100000) .. "'")())
print(load("return " .. ("(1)"):rep(1) .. (" + 1"):rep(5000))())
print(load("goto x", "=(load)")) print(load("for"))
print(load(("x = 1\n"):rep(100) .. "x x", "=lines"))
print(load("return 1 2", ("n"):rep(100)))
print(load("return 1 2", "=" .. ("n"):rep(100)))
print(load("return 1 2", "@" .. ("n"):rep(100)))
