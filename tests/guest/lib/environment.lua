-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- Where the Lua of the kernel differs from that of user space.

local ktap = require("test.ktap")
local is, ok, raises = ktap.is, ktap.ok, ktap.raises

-- names

is("_VERSION", _VERSION, "Lua 5.4-kernel")
is("package.path", package.path, "/lib/modules/lua/?.lua;/lib/modules/lua/?/init.lua")
for _, name in ipairs { "io", "os", "bit32", "unpack", "loadstring", "setfenv", "getfenv", "module", "utf16" } do
	is("there is no " .. name, _G[name], nil)
end
for _, name in ipairs { "acos", "asin", "atan", "ceil", "cos", "deg", "exp", "floor", "fmod", "huge", "log", "modf", "pi",
	"rad", "random", "randomseed", "sin", "sqrt", "tan", "type", "pow", "ldexp", "frexp" } do
	is("there is no math." .. name, math[name], nil)
end
for library, names in pairs { debug = { "debug" }, package = { "cpath", "loadlib" } } do
	for _, name in ipairs(names) do
		is("there is no " .. library .. "." .. name, _G[library][name], nil)
	end
end
is("there is no io to require", pcall(require, "io"), false)
is("there is no os to require", pcall(require, "os"), false)

local present = {
	_G = { "assert", "collectgarbage", "dofile", "error", "getmetatable", "ipairs", "load", "loadfile", "next", "pairs",
		"pcall", "print", "rawequal", "rawget", "rawlen", "rawset", "require", "select", "setmetatable", "tonumber",
		"tostring", "type", "warn", "xpcall" },
	coroutine = { "close", "create", "isyieldable", "resume", "running", "status", "wrap", "yield" },
	debug = { "gethook", "getinfo", "getlocal", "getmetatable", "getregistry", "getupvalue", "getuservalue", "sethook",
		"setlocal", "setmetatable", "setupvalue", "setuservalue", "traceback", "upvalueid", "upvaluejoin" },
	math = { "abs", "max", "min", "tointeger", "ult" },
	package = { "searchpath" },
	string = { "byte", "char", "find", "format", "gmatch", "gsub", "len", "lower", "match", "pack", "packsize", "rep",
		"reverse", "sub", "unpack", "upper" },
	table = { "concat", "insert", "move", "pack", "remove", "sort", "unpack" },
	utf8 = { "char", "codepoint", "codes", "len", "offset" },
}
for library, names in pairs(present) do
	for _, name in ipairs(names) do
		local where = library == "_G" and _G or _G[library]
		is(("there is %s.%s"):format(library, name), type(where and where[name]), "function")
	end
end

-- numbers are integers

is("the largest", math.maxinteger, 0x7fffffffffffffff)
is("the smallest", math.mininteger, -0x7fffffffffffffff - 1)
is("integers wrap around", math.maxinteger + 1, math.mininteger)
is("floor division", -7 // 2, -4)
is("modulo", -7 % 2, 1)
is("a quotient that overflows", math.mininteger // -1, math.mininteger)
is("a remainder that overflows", math.mininteger % -1, 0)
raises("division by zero", "attempt to divide by zero", function(n) return 1 // n end, 0)
raises("modulo zero", "attempt to perform 'n%0'", function(n) return 1 % n end, 0)
is("math.tointeger of a fraction", math.tointeger("1.5"), nil)
is("math.abs of the smallest", math.abs(math.mininteger), math.mininteger)
is("math.ult", math.ult(1, -1), true)
is("math.max", math.max(3, -1, 9, 2), 9)
is("math.min", math.min(3, -1, 9, 2), -1)
raises("math.max of nothing", "value expected", math.max)
raises("math.abs of a string", "number expected, got string", math.abs, "x")

-- 1/2, 1.5 and their like do not compile, or say at run time where it was, and what to do instead.
for _, source in ipairs { "1.5", "1.", ".5", "1e3", "0x1p4", "0x.8", "3.0", "1E-2", "0xA.8", "1e", "0x1p" } do
	local f, message = load("return " .. source, "=numbers")
	ok(source .. " is no number", not f and message:find("malformed number near", 1, true) and message:find("numbers:1:"),
		tostring(message))
	is(("tonumber of '%s'"):format(source), tonumber(source), nil)
end
is("an integer too large for its type is none", load("return 9223372036854775808"), nil)
is("a hexadecimal one wraps around, as in Lua", load("return 0xffffffffffffffff")(), -1)
is("tonumber of too large an integer", tonumber("9223372036854775808"), nil)
is("tonumber in base 36", tonumber("zz", 36), 35 * 36 + 35)
is("tonumber of a hexadecimal", tonumber(" -0x10 "), -16)

local function fails_at_line(name, source)
	local f, message = load(source, "=lines")
	if f then
		local success
		success, message = pcall(f)
		if success then message = "no error" end
	end
	ok(name, message:find("lines:3:", 1, true) and message:find("no floating point", 1, true), message)
end
fails_at_line("/ of numbers names its line", "local a, b = 1, 2\n\nreturn a / b")
fails_at_line("^ of numbers names its line", "local a, b = 1, 2\n\nreturn a ^ b")
fails_at_line("/ of constants names its line", "local a = 1\n\nreturn 6 / 3")
fails_at_line("^ of constants names its line", "local a = 1\n\nreturn 2 ^ 8")
fails_at_line("/ of a string names its line", "local a = '6'\n\nreturn a / 3")
raises("/ of a table", { "attempt to perform arithmetic on a table value" }, function(t) return t / 1 end, {})
do
	local mt = { __div = function() return "div" end, __pow = function() return "pow" end }
	local object = setmetatable({}, mt)
	is("__div of other values works", object / 1, "div")
	is("__pow of other values works", 2 ^ object, "pow")
end
for _, conversion in ipairs { "%f", "%e", "%g", "%a", "%E", "%G", "%A", "%.3f" } do
	raises("string.format of " .. conversion, "floating-point", string.format, conversion, 1)
end
for _, option in ipairs { "f", "d", "n" } do
	raises("string.pack of " .. option, "floating-point", string.pack, option, 1)
	raises("string.unpack of " .. option, "floating-point", string.unpack, option, ("\0"):rep(16))
end
raises("a fraction is no index of string.rep", "number expected, got string", string.rep, "x", "1.5")
is("for counts to the largest integer and ends", (function()
	local n = 0
	for _ = math.maxinteger - 2, math.maxinteger do n = n + 1 end
	return n
end)(), 3)
raises("a for step of zero", "'for' step is zero", load("for i = 1, 2, 0 do end"))
is("string comparison of numbers in strings", pcall(function() return "1" < 2 end), false)
is("concatenation of numbers", 1 .. 2, "12")

-- memory in bytes

collectgarbage()
local bytes = collectgarbage("count")
ok("collectgarbage('count') is in bytes", bytes > 8192 and bytes < 64 << 20, bytes)
local keep = ("x"):rep(1 << 20)
collectgarbage()
local more = collectgarbage("count")
ok("a string of a MiB adds about a million", more - bytes > 1000000 and more - bytes < 1400000, more - bytes)
keep = #keep
collectgarbage()
ok("collecting it takes them away again", keep == 1 << 20 and collectgarbage("count") < bytes + 200000)
is("collectgarbage returns an integer", select("#", collectgarbage("count")), 1)
ok("collectgarbage('step')", collectgarbage("step", 10000) ~= nil)
is("collectgarbage('generational')", collectgarbage("generational"), "incremental")
is("collectgarbage('incremental')", collectgarbage("incremental"), "generational")
raises("collectgarbage of an unknown option", "invalid option", collectgarbage, "bytes")

-- text chunks only

local binary = "\27Lua\x54\0\x19\x93\r\n\x1a\n\4\8\8" .. ("\0"):rep(64)
for _, mode in ipairs { "b", "bt", "t", false } do
	local f, message = load(binary, "=binary", mode or nil)
	ok(("load of a binary chunk, mode %s"):format(mode or "none"), f == nil and (message:find("precompiled", 1, true) or
		message:find("attempt to load a binary chunk", 1, true)), tostring(message))
end
do
	local pieces = { "\27", "Lua", binary:sub(5) }
	local i = 0
	local f, message = load(function() i = i + 1; return pieces[i] end)
	ok("load of a binary chunk in pieces", f == nil and message:find("precompiled", 1, true), tostring(message))
end
is("string.dump makes none", pcall(string.dump, function() end), false)
do
	local f, message = load("return 1", "=text", "b")
	ok("load of text where binary is wanted", f == nil and message:find("attempt to load a text chunk", 1, true), tostring(message))
end
raises("load of a table", { "bad argument #1", "function expected, got table" }, load, {})
do
	local f, message = load(function() return {} end)
	ok("load from a reader that returns a table", f == nil and message:find("reader function must return a string", 1, true),
		tostring(message))
	f, message = load(function() error("no more", 0) end)
	is("load from a reader that raises", message, "no more")
	is("and there is no function then", f, nil)
end
is("load with an environment", load("return x", "=e", "t", { x = 7 })(), 7)

-- Kernel addresses are nobody's business: what looks like one must not be one.
local function is_kernel_address(text)
	local digits = text:match("0x(%x+)") or text:match(": (%x+)")
	return digits and #digits == 16 and digits:sub(1, 4) == "ffff"
end
for name, value in pairs { table = {}, ["function"] = function() end, builtin = print, thread = coroutine.create(print),
	data = require("data").new(1), runtime = require("lunatik")._ENV } do
	ok("tostring of a " .. name .. " shows no kernel address", not is_kernel_address(tostring(value)), tostring(value))
	ok("%p of a " .. name .. " shows no kernel address", not is_kernel_address(("%p"):format(value)), ("%p"):format(value))
end

-- print and warn

is("print returns nothing", select("#", print("# printed by a test", nil, true, -5, "end")), 0)
raises("print of a value whose __tostring fails", "must return a string", print,
	setmetatable({}, { __tostring = function() return {} end }))
is("warn returns nothing", select("#", warn("@off")), 0)
raises("warn of nothing", "string expected, got no value", warn)

ktap.finish()
