-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- __gc, its order and its limits.
collectgarbage("stop")
local order = {}
for i = 1, 5 do setmetatable({}, { __gc = function() order[#order + 1] = i end }) end
collectgarbage() collectgarbage()
print(table.concat(order, " "))
collectgarbage("restart")
local kept
do local t = setmetatable({ name = "resurrected" }, { __gc = function(o) kept = o end }) end
collectgarbage() collectgarbage()
print(kept and kept.name)
kept = nil
local late = setmetatable({}, {})
getmetatable(late).__gc = function() print("never: set too late") end
late = nil
collectgarbage()
local marked = setmetatable({}, { __gc = true })
getmetatable(marked).__gc = function() order[#order + 1] = "marked" end
marked = nil
collectgarbage() collectgarbage()
print(order[#order])
setmetatable({}, { __gc = function() error("ignored") end })
collectgarbage()
setmetatable({}, { __gc = function() print(collectgarbage("step"), collectgarbage("count"), collectgarbage()) end })
collectgarbage() collectgarbage()
setmetatable({}, { __gc = function() print(pcall(coroutine.yield)) end })
collectgarbage() collectgarbage()
print("end")
