-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- require, preload, loaded and searchers.
package.preload.one = function(name, extra) print("loading", name, extra) return { name = name } end
local m, extra = require "one" print(m.name, extra) print(select("#", require "one"), require "one" == m, package.loaded.one == m)
package.preload.none = function() end print(require "none", package.loaded.none)
package.preload.setter = function(n) package.loaded[n] = "set by itself" end print(require "setter")
package.preload.falsy = function() return false end print(require "falsy", package.loaded.falsy) print(require "falsy")
package.preload.fails = function() error("cannot load", 0) end print(pcall(require, "fails")) print(pcall(require, "fails")) print(package.loaded.fails)
package.preload.fails = function() return "now it works" end print(require "fails")
package.loaded.one = nil print(require("one") ~= m)
package.loaded.manual = 42 print(require "manual")
package.preload.a = function() return { b = require "b" } end package.preload.b = function() return "b" end print(require("a").b)
table.insert(package.searchers, 1, function(name) if name == "magic" then return function(...) return { ... } end, "extra" end return "\n\tnot magic" end)
local t = require "magic" print(t[1], t[2], select(2, require "magic"))
print(type(package.searchers[1])) table.remove(package.searchers, 1)
print((select(2, pcall(require, "does.not.exist")):gsub("\n.*", "")))
print(pcall(require)) print(pcall(require, {})) print(require "string" == string, require "_G" == _G, package.loaded._G == _G, package.loaded.package == package)
local searchers = package.searchers package.searchers = nil print(pcall(require, "x")) package.searchers = {} print(pcall(require, "x")) package.searchers = searchers
local path = package.path package.path = nil print(pcall(require, "x")) package.path = "/tmp/lunatik-conformance/?.lua" print(require "data") print(require "dir.module") print(package.loaded["dir.module"])
print(pcall(require, "broken")) print(pcall(require, "raises")) package.path = "/nowhere/?.lua;/nowhere/?/init.lua" print((select(2, pcall(require, "x.y")):match("no file '/nowhere/x/y.lua'\n\tno file '/nowhere/x/y/init.lua'")))
package.path = path print(package.config)
print(package.searchpath("data", "/tmp/lunatik-conformance/?.lua")) print(package.searchpath("dir.module", "/nowhere/?;/tmp/lunatik-conformance/?.lua")) print(package.searchpath("dir.module", "/tmp/lunatik-conformance/?.lua", ".", "/")) print(package.searchpath("dir-module", "/tmp/lunatik-conformance/?.lua", "-")) print(package.searchpath("a.b", "/nowhere/?", ".", "_")) print(package.searchpath("a.b", "/nowhere/?;/other/?.x", "")) print(pcall(package.searchpath)) print(pcall(package.searchpath, "x")) print(package.searchpath("x", "nothing here"))
