-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- Locals, shadowing, blocks and globals.
local x = 1
do local x = 2 print(x) do local x = x + 1 print(x) end print(x) end
print(x)
local x = x + 10
print(x)
for x = 1, 2 do local x = x * 2 print(x) end
local function f(x) local x = x or "default" return x end
print(f(), f(5))
repeat local done = true until done
g = 1
do local g = 2 end
print(g, _G.g, _ENV.g)
local function with() local _ENV = { print = print, g = 99 } print(g) h = 1 return _ENV.h end
print(with(), h)
local _ENV = setmetatable({}, { __index = _G })
g = 5
print(g, _G.g)
print(load("return g", "c", "t", { g = "env" })())
local many = {}
for i = 1, 199 do many[i] = "local v" .. i .. " = " .. i end
print(load(table.concat(many, "\n") .. "\nreturn v1 + v199")())
print(load(("local a\n"):rep(201)))
