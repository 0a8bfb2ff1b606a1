-- SPDX-License-Identifier: MIT OR GPL-2.0-only
--
-- syscall.table: the address of a system call by its name, its name by its number.

local syscall = require("syscall")

local function lookup(_, key)
	if type(key) == "number" then return syscall.name(key) end
	local number = type(key) == "string" and syscall.number(key)
	return number and syscall.address(number) or nil
end

return setmetatable({}, { __index = lookup, __newindex = function() error("syscall.table cannot be changed", 2) end })
