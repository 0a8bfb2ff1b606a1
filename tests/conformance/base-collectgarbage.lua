-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- Options of the collector that return the same everywhere.
collectgarbage("incremental")
print(collectgarbage(), collectgarbage("collect"), collectgarbage("isrunning"))
print(collectgarbage("stop"), collectgarbage("isrunning"), collectgarbage("restart"), collectgarbage("isrunning"))
print(type(collectgarbage("step")), collectgarbage("step", 1 << 20))
print(collectgarbage("generational"), collectgarbage("incremental"), collectgarbage("incremental", 100, 200, 10), collectgarbage("generational", 20, 100), collectgarbage("incremental"))
local p, m = collectgarbage("setpause", 150), collectgarbage("setstepmul", 300)
print(collectgarbage("setpause", p), collectgarbage("setstepmul", m))
local before = collectgarbage("count")
local t = {}
for i = 1, 1000 do t[i] = { i } end
print(collectgarbage("count") > before)
t = nil
collectgarbage()
print(pcall(collectgarbage, "what")) print(pcall(collectgarbage, {})) print(pcall(collectgarbage, "step", "x"))
for mode = 1, 2 do
	collectgarbage(mode == 1 and "generational" or "incremental")
	local keep = {}
	for i = 1, 20000 do keep[i % 100 + 1] = { i, tostring(i), function() return i end } end
	local sum = 0
	for i = 1, 100 do sum = sum + keep[i][1] + #keep[i][2] + keep[i][3]() end
	print(sum)
end
