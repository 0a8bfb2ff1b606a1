-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- type and the globals there are.
print(type(nil), type(1), type("x"), type(true), type({}), type(print), type(function() end), type(coroutine.create(print)))
print(pcall(type)) print(type(type(1))) print(type(nil) == "nil")
for _, name in ipairs { "assert", "collectgarbage", "dofile", "error", "getmetatable", "ipairs", "load", "loadfile", "next", "pairs", "pcall", "print", "rawequal", "rawget", "rawlen", "rawset", "require", "select", "setmetatable", "tonumber", "tostring", "type", "warn", "xpcall" } do
	print(name, type(_G[name]))
end
for _, name in ipairs { "coroutine", "debug", "math", "package", "string", "table", "utf8" } do print(name, type(_G[name]), package.loaded[name] == _G[name]) end
print(_G._G == _G, _ENV == _G, type(_VERSION))
for _, lib in ipairs { "coroutine", "string", "table", "utf8" } do
	local names = {}
	for name in pairs(_G[lib]) do names[#names + 1] = name end
	table.sort(names)
	print(lib, table.concat(names, " "))
end
