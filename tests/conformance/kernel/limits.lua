-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- Limits that differ from the reference: captures, the Lua stack, the C stack.
print(pcall(string.find, "x", ("()"):rep(16))) print(select("#", ("x"):find(("()"):rep(16)))) print(pcall(string.find, "x", ("()"):rep(17)))
print(pcall(table.unpack, {}, 1, 50000) == true, pcall(table.unpack, {}, 1, 70000))
local function depth(n) if n == 0 then return 0 end return 1 + depth(n - 1) end
print(depth(8000), (select(2, pcall(depth, 100000)):match("stack overflow")))
local function gsub() return (("x"):gsub("x", gsub)) end
print((select(2, pcall(gsub)):match("C stack overflow")))
print((select(2, xpcall(gsub, function(m) return { m } end))[1]:match("C stack overflow")))
print((select(2, xpcall(gsub, debug.traceback)):match("C stack overflow\nstack traceback:\n")))
print((select(2, load("return " .. ("("):rep(10000) .. "1"))):match("C stack overflow"))
print(load(("x = "):rep(1) .. ("-"):rep(1) .. "1") ~= nil, load("return " .. ("("):rep(10) .. "1" .. (")"):rep(10))())
print(load("return " .. ("{"):rep(10) .. ("}"):rep(10)) ~= nil, load(("do "):rep(10) .. ("end "):rep(10)) ~= nil)
print((pcall(string.find, ("a"):rep(300), ("a?"):rep(300))))
print(("a"):rep(100000):find("^a*$")) print(("a"):rep(100000):find("^.-$"))
print(pcall(string.rep, "x", 1 << 31)) print(#(""):rep(1 << 60))
