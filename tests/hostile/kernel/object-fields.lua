-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- expect: ok
-- No field of an object can be set, and nothing but methods be read.
local data = require("data").new(8)
-- hook
for _, key in ipairs { "x", "__gc", "__index", "__metatable", "getint64", 1 } do assert(not pcall(function() data[key] = 1 end)) end
assert(not pcall(rawset, data, "x", 1) and not pcall(setmetatable, data, {}) and not pcall(next, data))
assert(type(getmetatable(data)) ~= "table" or not getmetatable(data).__gc)
