-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- What is there and what is not.
for _, name in ipairs { "math", "package", "debug" } do
	local names = {}
	for key, value in pairs(_G[name]) do names[#names + 1] = key .. ":" .. type(value) end
	table.sort(names)
	print(name, table.concat(names, " "))
end
print(io, os, debug.debug, package.cpath, package.loadlib, math.type, math.pi, math.huge, math.floor, math.random)
print(_VERSION, package.path) print(#package.searchers)
print(math.type == nil, type(collectgarbage("count")), collectgarbage("count") > 10000, collectgarbage("count") < 10000000)
collectgarbage()
local before = collectgarbage("count")
local s = ("x"):rep(100000)
print(collectgarbage("count") - before >= 100000, #s)
for _, name in ipairs { "io", "os", "no such module" } do
	local ok, message = pcall(require, name)
	print(ok, message:match("^[^\n]*\n[^\n]*\n[^\n]*\n[^\n]*"), #message > 100)
end
print(pcall(loadfile)) print(pcall(dofile))
print(loadfile("/no/such/file")) print(pcall(dofile, "/no/such/file"))
