-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- Scripts for the kernel: the globals that are there (docs/api/lua.md), and nothing else. Installed as
-- share/lunatik/luacheckrc, for `luacheck --config`. tests/guest/editor.py compares it with a running kernel.
stds.lunatik = {
	read_globals = {
		"_VERSION", "assert", "collectgarbage", "dofile", "error", "getmetatable", "ipairs", "load", "loadfile", "next", "pairs",
		"pcall", "print", "rawequal", "rawget", "rawlen", "rawset", "require", "select", "setmetatable", "tonumber", "tostring",
		"type", "warn", "xpcall",
		_G = {other_fields = true, read_only = false},
		coroutine = {fields = {"close", "create", "isyieldable", "resume", "running", "status", "wrap", "yield"}},
		debug = {fields = {"gethook", "getinfo", "getlocal", "getmetatable", "getregistry", "getupvalue", "getuservalue", "sethook",
			"setlocal", "setmetatable", "setupvalue", "setuservalue", "setcstacklimit", "traceback", "upvalueid", "upvaluejoin"}},
		math = {fields = {"abs", "max", "maxinteger", "min", "mininteger", "tointeger", "ult"}},
		package = {fields = {"config", "searchpath", loaded = {other_fields = true, read_only = false},
			path = {read_only = false}, preload = {other_fields = true, read_only = false},
			searchers = {other_fields = true, read_only = false}}},
		string = {fields = {"byte", "char", "dump", "find", "format", "gmatch", "gsub", "len", "lower", "match", "pack", "packsize", "rep",
			"reverse", "sub", "unpack", "upper"}},
		table = {fields = {"concat", "insert", "move", "pack", "remove", "sort", "unpack"}},
		utf8 = {fields = {"char", "charpattern", "codepoint", "codes", "len", "offset"}},
	},
}
std = "lunatik"
max_line_length = 140
-- Callbacks get more arguments than they may need.
unused_args = false
