-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- The library data: every accessor at every edge of its memory and of its integer type.

local ktap = require("test.ktap")
local data = require("data")

local is, ok, raises = ktap.is, ktap.ok, ktap.raises
local min, max = math.mininteger, math.maxinteger

-- new

local d = data.new(16)
is("the length of new memory", #d, 16)
is("new memory is zeroed", d:getstring(0), ("\0"):rep(16))
do
	-- Memory that has been used and freed before is zeroed too.
	for _ = 1, 64 do data.new(4096):setstring(0, ("\xa5"):rep(4096)) end
	collectgarbage()
	local clean = true
	for _ = 1, 64 do clean = clean and data.new(4096):getstring(0) == ("\0"):rep(4096) end
	ok("memory that was used before is zeroed", clean)
end
local empty = data.new(0)
is("memory of no size", #empty, 0)
is("all of memory of no size", empty:getstring(0), "")
is("nothing of memory of no size", empty:getstring(0, 0), "")
is("nothing into memory of no size", select("#", empty:setstring(0, "")), 0)
is("new takes a number in a string", #data.new("5"), 5)
is("large memory", #data.new(1 << 20), 1 << 20)
ktap.wrong_types("new", "number", "number", 1, data.new)
raises("new()", { "bad argument #1", "number expected, got no value" }, data.new)
for _, size in ipairs { -1, min, (1 << 30) + 1, max } do
	raises(("new(%d)"):format(size), { "bad argument #1", "out of range" }, data.new, size)
end
-- More than the runtime's memory cap: an error that says so, and the next one works.
raises("new of more memory than the runtime may have", "ENOMEM", data.new, 1 << 30)
is("new after that", #data.new(8), 8)
raises("calling an object", "attempt to call", function() return d() end)

-- accessors: name, size, smallest and largest value that comes back as it went in

local accessors = {
	{ "byte", 1, 0, 255 }, { "int8", 1, -128, 127 }, { "uint8", 1, 0, 255 }, { "int16", 2, -32768, 32767 },
	{ "uint16", 2, 0, 65535 }, { "int32", 4, -(1 << 31), (1 << 31) - 1 }, { "uint32", 4, 0, (1 << 32) - 1 },
	{ "int64", 8, min, max }, { "number", 8, min, max },
}
for _, accessor in ipairs(accessors) do
	local name, size, low, high = table.unpack(accessor)
	local get, set = d["get" .. name], d["set" .. name]
	local signed = low < 0
	local function fresh() return data.new(16) end

	for _, value in ipairs { low, high, 0, 1, high >> 1, low // 2 } do
		local m = fresh()
		is(("set%s(3, %d) returns nothing"):format(name, value), select("#", set(m, 3, value)), 0)
		is(("get%s(3) of %d"):format(name, value), get(m, 3), value)
		local packed = string.pack("=" .. (size == 8 and "j" or (signed and "i" or "I") .. size), value)
		is(("the bytes of set%s(3, %d)"):format(name, value), m:getstring(0),
			("\0"):rep(3) .. packed .. ("\0"):rep(13 - size))
	end
	-- Only the low bits of other values are kept, as C does.
	for _, value in ipairs { max, min, -1, 1 << 40 | 5, high + 1, low - 1 } do
		local m = fresh()
		set(m, 0, value)
		local kept = value
		if size < 8 then
			kept = value & (1 << size * 8) - 1
			if signed and kept > high then kept = kept - (1 << size * 8) end
		end
		is(("get%s of the low bits of %d"):format(name, value), get(m, 0), kept)
		is(("set%s(0, %d) stays in its bytes"):format(name, value), m:getstring(size), ("\0"):rep(16 - size))
	end

	-- The last place where it fits, and the first where it does not.
	local m = fresh()
	set(m, 16 - size, high)
	is("get" .. name .. " at the end", get(m, 16 - size), high)
	m:setstring(0, ("\x5a"):rep(16))
	for _, offset in ipairs { 16 - size + 1, 15 + (size == 1 and 1 or 0), 16, 17, 1 << 30, 1 << 32, 1 << 62, max, max - size + 1,
		-1, -size, -16, min, min + 8, min + 16 } do
		raises(("get%s(%d)"):format(name, offset), "out of bounds", get, m, offset)
		raises(("set%s(%d)"):format(name, offset), "out of bounds", set, m, offset, 1)
	end
	is("failed set" .. name .. " changes nothing", m:getstring(0), ("\x5a"):rep(16))
	raises("get" .. name .. " of memory of no size", "out of bounds", get, empty, 0)
	raises("set" .. name .. " of memory of no size", "out of bounds", set, empty, 0, 0)

	for _, wrong in ipairs { "nil", "boolean", "number", "string", "table", "function", "thread" } do
		raises(("get%s of a %s"):format(name, wrong), { "bad argument #1 to 'get" .. name, "data expected, got " .. wrong },
			get, ktap.values[wrong](), 0)
		raises(("set%s of a %s"):format(name, wrong), { "bad argument #1 to 'set" .. name, "data expected, got " .. wrong },
			set, ktap.values[wrong](), 0, 0)
	end
	raises("get" .. name .. " without a receiver", "data expected, got no value", get)
	raises("set" .. name .. " without a receiver", "data expected, got no value", set)
	raises("get" .. name .. " without an offset", { "bad argument #2", "number expected, got no value" },
		function() d["get" .. name](d) end)
	raises("set" .. name .. " without a value", { "bad argument #3", "number expected, got no value" },
		function() d["set" .. name](d, 0) end)
	for type_name, make in pairs(ktap.values) do
		if type_name ~= "number" then
			raises(("get%s at a %s"):format(name, type_name), "number expected, got " .. type_name, get, m, make())
			raises(("set%s at a %s"):format(name, type_name), "number expected, got " .. type_name, set, m, make(), 0)
			raises(("set%s to a %s"):format(name, type_name), "number expected, got " .. type_name, set, m, 0, make())
		end
	end
end

-- A message names the argument as a person who calls the method counts it.
raises("a wrong argument of a method", "bad argument #1 to 'getbyte' (number expected, got string)",
	function() d:getbyte("x") end)
raises("a wrong second argument of a method", "bad argument #2 to 'setbyte' (number expected, got table)",
	function() d:setbyte(0, {}) end)

-- strings

d = data.new(8)
is("setstring returns nothing", select("#", d:setstring(2, "ab\0c")), 0)
is("getstring to the end", d:getstring(2), "ab\0c\0\0")
is("getstring of a length", d:getstring(2, 4), "ab\0c")
is("getstring of nothing", d:getstring(3, 0), "")
is("getstring of nothing at the end", d:getstring(8, 0), "")
is("getstring from the end to the end", d:getstring(8), "")
is("getstring(offset, nil) goes to the end", d:getstring(6, nil), "\0\0")
d:setstring(8, "")
d:setstring(0, "12345678")
is("setstring of all", d:getstring(0), "12345678")
d:setstring(6, 90)
is("setstring of a number", d:getstring(0), "12345690")
d:setstring(0, "12345678")
for _, case in ipairs { { 0, 9 }, { 8, 1 }, { 9, 0 }, { 1, 8 }, { 0, max }, { 1, max }, { 8, max }, { max, 0 }, { max, max },
	{ -1, 1 }, { -1, 0 }, { min, 0 }, { min, max }, { 0, -1 }, { 4, -4 }, { 0, min }, { 8, min } } do
	raises(("getstring(%d, %d)"):format(case[1], case[2]), "out of bounds", d.getstring, d, case[1], case[2])
end
for _, offset in ipairs { 9, max, -1, min, 1 << 32 } do
	raises(("getstring(%d)"):format(offset), "out of bounds", d.getstring, d, offset)
	raises(("setstring(%d, '')"):format(offset), "out of bounds", d.setstring, d, offset, "")
end
for _, case in ipairs { { 0, "123456789" }, { 1, "abcdefgh" }, { 7, "ab" }, { 8, "a" }, { -1, "ab" } } do
	raises(("setstring(%d, '%s')"):format(case[1], case[2]), "out of bounds", d.setstring, d, case[1], case[2])
end
is("failed setstring changes nothing", d:getstring(0), "12345678")
for type_name, make in pairs(ktap.values) do
	if type_name ~= "number" then
		raises("getstring at a " .. type_name, "number expected, got " .. type_name, d.getstring, d, make())
		raises("setstring at a " .. type_name, "number expected, got " .. type_name, d.setstring, d, make(), "x")
	end
	if type_name ~= "number" and type_name ~= "nil" then
		raises("getstring of length " .. type_name, "number expected, got " .. type_name, d.getstring, d, 0, make())
	end
	if type_name ~= "number" and type_name ~= "string" then
		raises("setstring of a " .. type_name, "string expected, got " .. type_name, d.setstring, d, 0, make())
	end
end
raises("setstring without a string", "string expected, got no value", d.setstring, d, 0)

-- Large strings go in and out whole.
local large = data.new(300000)
local text = ("0123456789"):rep(30000)
large:setstring(0, text)
ok("300000 bytes come back as they went in", large:getstring(0) == text)
ok("the last ten of them", large:getstring(299990) == "0123456789")

-- what an object is not

raises("a number as a receiver", "attempt to index a number", function() local n = 5; return n:getbyte(0) end)
raises("an object of another class", "data expected, got rcu.table", d.getbyte, require("lunatik")._ENV, 0)
raises("a method there is none of", "attempt to call a nil value", function() d:getfloat(0) end)
raises("a new field", "attempt to index a data value", function() d.field = 1 end)
is("tostring names the class", tostring(d):match("^data: "), "data: ")
ok("objects are equal to themselves only", d == d and d ~= data.new(8))
raises("the length of the class", "data expected", getmetatable(d) and debug.getmetatable(d).__len or d.getbyte, {})
raises("the metatable belongs to the class", "metatable", debug.setmetatable, d, {})
is("after all that it still works", #d, 8)

-- Garbage: what nobody refers to is freed, or this would exceed any memory cap.
do
	local success = pcall(function() for _ = 1, 400 do data.new(1 << 20) end end)
	ok("400 MiB of garbage do not fill the memory", success)
end
do
	-- Memory outside of Lua's own counts too, and is given back.
	local held, count = {}, 0
	local success, message = pcall(function()
		for i = 1, 200 do
			held[i] = data.new(1 << 20)
			count = i
		end
	end)
	ok("data counts against the memory cap", not success and (message:find("ENOMEM", 1, true) or
		message:find("not enough memory", 1, true)), ("%d MiB, %s"):format(count, message))
	ok("most of the cap can be had", count >= 32 and #held == count, count)
	for i = 1, count do held[i] = nil end
	collectgarbage()
	collectgarbage()
	is("and comes back when nobody refers to it", #data.new(32 << 20), 32 << 20)
end
do
	local closed
	do
		local scoped <close> = data.new(4)
		scoped:setbyte(0, 1)
		closed = scoped
	end
	ok("a closed object is refused, or still whole", not pcall(closed.getbyte, closed, 0) or closed:getbyte(0) == 1)
end

ktap.finish()
