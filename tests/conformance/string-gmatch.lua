-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- Iterating over matches.
for w in ("one two  three"):gmatch("%a+") do print(w) end
for k, v in ("a=1, b=2, c=3"):gmatch("(%w+)=(%w+)") do print(k, v) end
for p in ("abc"):gmatch("()") do print(p) end
for a, b in ("abcd"):gmatch("(.)(.)") do print(a, b) end
for m in ("abc"):gmatch("") do print("empty", #m) end
for m in ("aXbXc"):gmatch("X*") do print("[" .. m .. "]") end
for l in ("line1\nline2\n\nline4"):gmatch("([^\n]*)\n?") do print("<" .. l .. ">") end
for w in ("hello world"):gmatch("^%a+") do print("anchor", w) end
for w in ("one two three"):gmatch("%a+", 5) do print(w) end
for w in ("one two three"):gmatch("%a+", -5) do print(w) end
for w in ("one"):gmatch("%a+", 10) do print("never") end
local it = ("a b"):gmatch("%a") print(it(), it(), it(), it())
local words = {}
for w in ("the quick brown fox jumps over the lazy dog the end"):gmatch("%w+") do words[w] = (words[w] or 0) + 1 end
print(words.the, words.fox, words.cat)
print(pcall(string.gmatch)) print(pcall(string.gmatch, "x")) print(pcall(string.gmatch, "x", "x", "y"))
for a in ("%d"):gmatch("%%d") do print(a) end
local n = 0 for _ in ("x"):rep(10000):gmatch("x") do n = n + 1 end print(n)
