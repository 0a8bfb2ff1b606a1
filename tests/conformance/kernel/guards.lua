-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- The debug library does not reach into C functions and userdata.
local step = ("abc"):gmatch("%a")
print(debug.setupvalue(step, 1, "x"), debug.setupvalue(step, 3, "x"))
local _, object = debug.getupvalue(step, 3)
print(type(object), pcall(debug.setmetatable, object, {})) print(debug.setuservalue(object, 1, 1), debug.getuservalue(object, 1))
local names, set = {}, {}
("x"):gsub("x", function()
	for level = 1, 4 do for i = 1, 10 do
		local name, value = debug.getlocal(level, i)
		if name and name:find("C temp") then names[#names + 1] = name end
		if debug.getinfo(level, "S").what == "C" then set[#set + 1] = debug.setlocal(level, i, nil) end
	end end
end)
print(#names, #set)
local function f(a) local b = 2 print(debug.getlocal(1, 1)) print(debug.setlocal(1, 2, "set"), b) end f(1)
