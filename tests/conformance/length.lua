-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- The length operator.
print(#"", #"abc", #"a\0b", #"äö", #("x"):rep(1000))
print(#{}, #{ 1 }, #{ 1, 2, 3 }, #{ n = 1 }, #{ nil }, #{ 1, 2, nil }, #{ [1] = 1, [2] = 2 })
local t = {}
for i = 1, 100 do t[i] = i assert(#t == i) end
for i = 100, 1, -1 do t[i] = nil assert(#t == i - 1) end
print(#t)
t = { 10, 20, 30 }
t[#t + 1] = 40 t[#t + 1] = 50
print(#t, t[#t])
t[#t] = nil
print(#t, t[#t])
print(rawlen { 1, 2 }, rawlen "abc")
print(pcall(function() return #nil end))
print(pcall(function() return #5 end))
print(pcall(function() local x = true return #x end))
print(pcall(rawlen, 5))
print(pcall(rawlen))
