-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- A module that requires itself gets an error, and can be loaded after it is mended.
local function message(...) return (select(2, pcall(...)):gsub("^.-:%d+: ", "")) end
package.preload.a = function() return require "a" end print(message(require, "a"))
package.preload.b = function() return require "c" end package.preload.c = function() return require "b" end print(message(require, "b")) print(message(require, "c"))
package.preload.a = function() return "mended" end print(require "a")
package.preload.d = function() local ok, m = pcall(require, "d") return ok end print(require "d")
package.preload.e = function() package.loaded.e = "sentinel" return require "e" end print(require "e")
package.preload.f = function() error("fails", 0) end print(message(require, "f")) print(message(require, "f"))
package.preload.g = function() return "from a coroutine" end print(coroutine.wrap(function() return require "g" end)())
