-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- require, loadfile and dofile; require.sh installs the modules whose names begin with mod_.

local ktap = require("test.ktap")
local is, ok, raises = ktap.is, ktap.ok, ktap.raises
local path = "/lib/modules/lua/test/"

-- right uses

local module, from = require("test.mod_ok")
is("a module gets its name", module.name, "test.mod_ok")
is("and its file", module.path, path .. "mod_ok.lua")
is("require gives the file", from, path .. "mod_ok.lua")
is("the second time it is the same", require("test.mod_ok"), module)
is("it is in package.loaded", package.loaded["test.mod_ok"], module)
package.loaded["test.mod_ok"] = nil
ok("taken out, it is loaded again", require("test.mod_ok") ~= module)
is("a slash is a separator as well", require("test/mod_ok").name, "test/mod_ok")
is("a module that returns nothing", require("test.mod_nothing"), true)
is("a module that returns false", require("test.mod_false"), false)
is("a module that sets its own value", require("test.mod_sets"), "set by itself")
is("a module that is a directory", require("test.mod_package"), "from init.lua")
is("a module of a MiB", require("test.mod_large"), "large")
is("an empty module", require("test.mod_empty"), true)
is("a first line for the shell, after a byte order mark", require("test.mod_shebang"), 2)
is("a module's first value", require("test.mod_values"), 1)
is("a module's globals are everyone's", require("test.mod_environment"), _G)
is("a built-in library", require("string"), string)
is("package.preload comes first", (function()
	package.preload["test.mod_ok2"] = function(name, extra) return name .. extra end
	return require("test.mod_ok2")
end)(), "test.mod_ok2:preload:")
do
	local co = coroutine.create(function() return require("test.mod_yield") end)
	local success, message = coroutine.resume(co)
	is("a module cannot yield", success, false)
	ok("and is told why", tostring(message):find("attempt to yield across a C-call boundary", 1, true), tostring(message))
end
is("require of a kernel module", type(require("data").new), "function")
is("require of it again", require("data"), package.loaded.data)
is("its second value", select(2, require("linux")), ":kernel:")

-- wrong uses

raises("a module there is none of", { "module 'test.nosuch' not found:", "no field package.preload['test.nosuch']",
	"no file '/lib/modules/lua/test/nosuch.lua'", "no file '/lib/modules/lua/test/nosuch/init.lua'", "no kernel module" },
	require, "test.nosuch")
raises("the same again", "module 'test.nosuch' not found", require, "test.nosuch")
raises("a syntax error", { "error loading module 'test.mod_syntax'", "mod_syntax.lua:1:", "<name> expected near '='" },
	require, "test.mod_syntax")
raises("an error", "mod_error.lua:1: raised by the module", require, "test.mod_error")
is("a module that failed is not loaded", package.loaded["test.mod_error"], nil)
raises("and fails again", "mod_error.lua:1: raised by the module", require, "test.mod_error")
is("an error that is a table", type(select(2, pcall(require, "test.mod_table_error"))), "table")
raises("a module that requires itself", { "'test.mod_self' requires itself" }, require, "test.mod_self")
raises("the same again", { "'test.mod_self' requires itself" }, require, "test.mod_self")
raises("modules that require each other in a circle", { "'test.mod_a' requires itself" }, require, "test.mod_a")
raises("entered elsewhere", { "'test.mod_b' requires itself" }, require, "test.mod_b")
do
	local swallowed = require("test.mod_self_swallow")
	is("a module that swallows that error is loaded", swallowed[1], false)
	ok("and has seen it", tostring(swallowed[2]):find("requires itself", 1, true), tostring(swallowed[2]))
end
raises("a binary chunk", "precompiled", require, "test.mod_binary")
raises("a directory of that name", "not found", require, "test.mod_directory")
for _, name in ipairs { "fifo", "zero", "dangling", "link" } do
	raises("no regular file: " .. name, "'test.mod_" .. name .. "' not found", require, "test.mod_" .. name)
end
for _, name in ipairs { "", ".", "..", "../../etc/passwd", "/etc/passwd", "no such", "a-b", "\xff", "nosuch\0data", "lunatik_data",
	"luaopen_data" } do
	raises("the name " .. name:gsub("[%z\xff]", "?"), "not found", require, name)
end
for _, length in ipairs { 60, 71, 72, 100, 255, 5000 } do
	raises("a name of " .. length .. " bytes", "not found", require, ("x"):rep(length))
end
ktap.wrong_types("require", "string number", "string", 1, require)
raises("require()", { "bad argument #1", "string expected, got no value" }, require)

-- package.path and package.searchers are the script's own

do
	local keep = package.path
	package.path = path .. "?.lua"
	is("another path", require("mod_sets"), true)
	package.path = ""
	raises("no path", "not found", require, "test.other")
	package.path = nil
	raises("a path that is no string", "'package.path' must be a string", require, "test.other")
	package.path = keep
	local searchers = package.searchers
	package.searchers = {}
	raises("no searchers", "not found", require, "test.other")
	package.searchers = nil
	raises("searchers that are no table", "'package.searchers' must be a table", require, "test.other")
	package.searchers = { function(name) return function(...) return select("#", ...) .. name end, "extra" end }
	is("a searcher of one's own", require("test.other"), "2test.other")
	package.searchers = { function() return 5 end, function() error("searcher failed", 0) end }
	raises("a searcher that fails", "searcher failed", require, "test.another")
	package.searchers = searchers
end
is("searchpath", package.searchpath("test.mod_ok", package.path), path .. "mod_ok.lua")
is("searchpath with separators", package.searchpath("test+mod_ok", package.path, "+"), path .. "mod_ok.lua")
do
	local found, message = package.searchpath("test.nosuch", "/?/a;/b/?")
	is("searchpath of nothing", found, nil)
	is("says where it looked", message, "no file '/test/nosuch/a'\n\tno file '/b/test/nosuch'")
end
ktap.wrong_types("searchpath", "string number", "string", 1, package.searchpath, "x", "y")
ktap.wrong_types("searchpath", "string number", "string", 2, package.searchpath, "x", "y")

-- loadfile, dofile

is("loadfile", loadfile(path .. "mod_values.lua")(), 1)
is("loadfile with an environment", loadfile(path .. "mod_environment.lua", "t", { mark = 5 })().mark, 5)
do
	local function fails(name, piece, ...)
		local f, message = loadfile(...)
		ok(name, f == nil and tostring(message):find(piece, 1, true), tostring(f), tostring(message))
	end
	fails("loadfile of no file", "/nosuch/file", "/nosuch/file")
	fails("loadfile of a directory", "/lib", "/lib")
	fails("loadfile of a device", "/dev/zero", "/dev/zero")
	fails("loadfile of a pipe", "mod_fifo", path .. "mod_fifo.lua")
	fails("loadfile of a syntax error", "mod_syntax.lua:1:", path .. "mod_syntax.lua")
	fails("loadfile of a binary chunk", "precompiled", path .. "mod_binary.lua")
	fails("loadfile of a binary chunk as text", "binary", path .. "mod_binary.lua", "t")
	fails("loadfile of text as a binary chunk", "text chunk", path .. "mod_ok.lua", "b")
	fails("loadfile of an empty name", "cannot open", "")
	fails("loadfile of a long name", "cannot open", ("/x"):rep(5000))
	fails("loadfile of a relative name there is none of", "cannot open", "nosuch.lua")
end
is("dofile gives all values", select("#", dofile(path .. "mod_values.lua")), 3)
raises("dofile of an error", "raised by the module", dofile, path .. "mod_error.lua")
raises("dofile of no file", "/nosuch/file", dofile, "/nosuch/file")
raises("dofile of a syntax error", "mod_syntax.lua:1:", dofile, path .. "mod_syntax.lua")
-- There is no standard input to read.
raises("dofile of nothing", "", dofile)
ok("loadfile of nothing", not pcall(loadfile) or loadfile() == nil)
for _, type_name in ipairs { "boolean", "table", "function", "thread", "data" } do
	raises("loadfile of a " .. type_name, "string expected, got " .. type_name, loadfile, ktap.values[type_name]())
	raises("dofile of a " .. type_name, "string expected, got " .. type_name, dofile, ktap.values[type_name]())
end
ok("1000 files are opened and closed", pcall(function()
	for _ = 1, 1000 do assert(loadfile(path .. "mod_values.lua")) end
end))

ktap.finish()
