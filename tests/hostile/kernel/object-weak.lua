-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- expect: ok
-- Objects as keys and values of weak tables.
local data = require("data")
local objects = {}
for i = 1, 50 do objects[i] = data.new(8) end
-- hook
local keys, values = setmetatable({}, { __mode = "k" }), setmetatable({}, { __mode = "v" })
for i = 1, 50 do keys[objects[i]] = objects[i] values[i] = objects[i] end
objects = nil
collectgarbage()
collectgarbage()
for key, value in pairs(keys) do assert(key == value) value:getint64(0) end
for _, value in pairs(values) do value:getint64(0) end
