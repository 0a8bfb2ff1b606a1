-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- print of everything.
print() print(nil) print(nil, nil) print("a", 1, true, nil) print("tab\tinside", "new\nline") print(("x"):rep(5000))
print(#"", "") print("nul\0inside") print("high \xff\xfe bytes") print("ä ö ü €")
for i = 1, 100 do print(i) end
print(table.unpack({ 1, 2, 3, nil, 5 }, 1, 5))
local old = tostring
tostring = function() return "replaced" end
print(1, {} ~= nil)
tostring = old
print(setmetatable({}, { __tostring = function() return "object" end }), setmetatable({}, { __name = "N" }) ~= nil)
print(pcall(print, setmetatable({}, { __tostring = function() error("no", 0) end })))
warn("@off") warn("not ", "shown") warn("@on") warn("@unknown") warn("@off")
print(pcall(warn)) print(pcall(warn, 1, {})) print(pcall(warn, nil))
