-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- Protected calls and their handlers.
print(pcall(function(...) return ... end, 1, nil, 3)) print(pcall(error, "e", 0)) print(pcall(pcall)) print(pcall(pcall, error)) print(pcall(pcall, error, 1))

print(xpcall(function(...) return select("#", ...), ... end, print, 1, nil, 3))
print(xpcall(error, function(m) return "handled " .. tostring(m), "second is dropped" end, "e", 0))
print(xpcall(function() local x = nil; return x.y end, function(m) return (m:gsub("^.-:%d+: ", "")) end))
print(xpcall(error, function(m) error("in handler", 0) end, "e"))
print(xpcall(error, error, "e", 0))
print(pcall(xpcall)) print(pcall(xpcall, print)) print(pcall(xpcall, print, 5)) print(xpcall(5, function(m) return "h: " .. m end)) print(pcall(5)) print(pcall(nil))
print(select("#", pcall(function() end)), select("#", pcall(function() return nil end)))
local function nested(n) if n == 0 then error("bottom", 0) end local ok, e = pcall(nested, n - 1) error(e .. n, 0) end
print(pcall(nested, 5))
local level = 0
print(xpcall(function() local function f() level = level + 1 return f() + 1 end return f() end, function(m) return (m:gsub("^.-:%d+: ", "")) end))
print(level > 1000)
print(pcall(string.rep)) print(pcall(("x").rep, "x", -1)) print(pcall(pcall, pcall, error, "deep"))
local co = coroutine.wrap(function() return pcall(function() coroutine.yield("y") error("after", 0) end) end)
print(co()) print(co())
