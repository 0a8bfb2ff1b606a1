-- SPDX-License-Identifier: MIT OR GPL-2.0-only
--
-- The libraries syscall and syscall.table; arguments: names and numbers that the header of this machine's C library has.

local ktap = require("test/ktap")
local syscall = require("syscall")
local systab = require("syscall.table")

local given = {...}

for i = 1, #given, 2 do
	local name, number = given[i], math.tointeger(given[i + 1])
	ktap.is("the number of " .. name, syscall.number(name), number)
	ktap.is("the name of " .. number, syscall.name(number), name)
	ktap.is("the name of " .. number .. " in the table", systab[number], name)
	ktap.ok("the address of " .. name, type(syscall.address(number)) == "userdata")
	ktap.is("the address of " .. name .. " in the table", systab[name], syscall.address(number))
end
ktap.ok("two system calls are two functions", systab.read ~= systab.write)
ktap.is("no such name", syscall.number("no_such_call"), nil)
ktap.is("an empty name", syscall.number(""), nil)
ktap.is("a name with more behind it", syscall.number("read\0"), nil)
ktap.is("the start of a name", syscall.number("rea"), nil)
ktap.is("a compat name", syscall.number("ia32_read"), nil)
ktap.is("no such name in the table", systab.no_such_call, nil)
ktap.is("no such number", syscall.name(100000), nil)
ktap.is("a negative number", syscall.name(-1), nil)
ktap.is("no such number in the table", systab[100000], nil)
ktap.is("a table as a key", systab[{}], nil)
for _, number in ipairs { -1, 100000, math.maxinteger, math.mininteger } do
	ktap.raises("the address of " .. number, "bad argument #1 to 'address' (out of range)", syscall.address, number)
end
ktap.wrong_types("number", "string number", "string", 1, syscall.number, "read")
ktap.wrong_types("name", "number", "number", 1, syscall.name, 0)
ktap.wrong_types("address", "number", "number", 1, syscall.address, 0)
ktap.raises("the table cannot be written", "cannot be changed", function() systab.read = 1 end)
ktap.finish()
