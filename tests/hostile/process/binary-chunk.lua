-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- expect: ok
-- Precompiled code is refused on every path.
local binary = "\27Lua\x54\0\x19\x93\r\n\x1a\n\4\8\8xV" .. ("\0"):rep(100)
for _, mode in ipairs { "b", "bt", "t" } do
	local f, message = load(binary, "=x", mode)
	assert(f == nil and message:find(mode == "t" and "attempt to load a binary chunk" or "precompiled"), message)
end
local once = true
local f, message = load(function() if once then once = nil return binary end end)
assert(f == nil and message:find("precompiled"), message)
assert(not pcall(string.dump, function() end))
