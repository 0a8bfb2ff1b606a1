-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- rawget, rawset, rawequal, rawlen.
local t = setmetatable({ a = 1 }, { __index = function() return "meta" end, __newindex = function() error("no") end, __eq = function() return true end, __len = function() return 99 end })
print(t.b, rawget(t, "b"), rawget(t, "a"), rawget(t, nil)) rawset(t, "b", 2) print(t.b, rawset(t, "c", 3) == t, t.c)
print(t == setmetatable({}, getmetatable(t)), rawequal(t, setmetatable({}, getmetatable(t))), rawequal(t, t), rawequal(1, 1), rawequal("a", "a"), rawequal(1, "1"))
print(#t, rawlen(t), rawlen({ 1, 2, 3 }), rawlen("hello"))
rawset(t, 1, "one") print(rawlen(t))
print(pcall(rawset, t, nil, 1)) print(pcall(rawget, 5, 1)) print(pcall(rawset, 5, 1, 1)) print(pcall(rawset, t, 1)) print(pcall(rawget, t)) print(pcall(rawlen, nil)) print(pcall(rawequal, 1))
