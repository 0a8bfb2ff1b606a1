-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- Precompiled chunks are refused on every path, and cannot be made.
local binary = "\27Lua\x54\0\x19\x93\r\n\x1a\n\4\8\8xV" .. ("\0"):rep(100)
for _, mode in ipairs { "b", "bt", "t" } do print(load(binary, "=x", mode)) end
print(load(binary)) print(load(binary, "@file")) print(load(binary, "name")) print(load("\27")) print(load("\27Lua"))
local once = true
print(load(function() if once then once = nil return binary end end)) print(load("return 1", "=x", "b"))
print(loadfile("/tmp/lunatik-conformance/binary.luac")) print(pcall(dofile, "/tmp/lunatik-conformance/binary.luac"))
package.path = "/tmp/lunatik-conformance/?.luac" print((select(2, pcall(require, "binary")):gsub("^.-:%d+: ", "")))
print(pcall(string.dump, function() end)) print(pcall(string.dump, print)) print(pcall(string.dump)) print(pcall(string.dump, function() end, true))
