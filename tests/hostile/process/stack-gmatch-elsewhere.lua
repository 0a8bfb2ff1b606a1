-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- expect: error: C stack overflow
-- An iterator that was made on an empty stack runs on a full one.
local iterators = {}
for i = 1, 200 do iterators[i] = ("a"):rep(300):gmatch(("a?"):rep(190)) end
local i = 0
local function f()
	i = i + 1
	pcall(iterators[i % 200 + 1])
	return (("x"):gsub("x", f))
end
f()
