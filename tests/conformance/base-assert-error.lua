-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- assert and error, with every kind of error value.
print(assert(1, 2, 3)) print(pcall(assert)) print(pcall(assert, false)) print(pcall(assert, nil, "message")) print(pcall(assert, false, { 1 }) == false)
print(select("#", pcall(assert, false, nil)), pcall(assert, false, nil))
print(pcall(error)) print(pcall(error, nil)) print(pcall(error, "message")) print(pcall(error, "message", 0)) print(pcall(error, 5)) print(pcall(error, true))
local t = { code = 7 }
local ok, e = pcall(error, t) print(ok, e == t, e.code)
local function thrower(level) error("where", level) end
print(pcall(function() thrower(0) end)) print(pcall(function() thrower(1) end)) print(pcall(function() thrower(2) end))
print(pcall(function() error("direct") end)) print(pcall(function() error("caller", 2) end))
print(pcall(error, setmetatable({}, { __tostring = function() return "object" end })) == false)
print(pcall(function() local ok, e = pcall(error, "inner", 0) error("outer(" .. e .. ")", 0) end))
print(select(2, pcall(error, "with number " .. 5, 0)))
print(pcall(error, "x", "y"))
print(pcall(function() error() end))
