-- SPDX-License-Identifier: MIT OR GPL-2.0-only
--
-- Wrong uses of the library fib.

local ktap = require("test/ktap")
local fib = require("fib")

for _, name in ipairs { "newrule", "delrule" } do
	ktap.wrong_types(name, "number", "number", 1, fib[name], 100, 7777)
	ktap.wrong_types(name, "number", "number", 2, fib[name], 100, 7777)
	for _, value in ipairs { 0, -1, 1 << 32, math.maxinteger } do
		ktap.raises(name .. ": table " .. value, { "bad argument #1", name, "(out of range)" }, fib[name], value, 1)
	end
	for _, value in ipairs { -1, 1 << 32 } do
		ktap.raises(name .. ": priority " .. value, { "bad argument #2", name, "(out of range)" }, fib[name], 1, value)
	end
end
ktap.raises("no such rule", "ENOENT", fib.delrule, 100, 7777)
ktap.finish()
