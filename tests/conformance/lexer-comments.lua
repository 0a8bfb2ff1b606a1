-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- Comments of every kind.
print(1) -- short
--[[ long ]] print(2)
--[==[ long
over lines ]] ]=]
]==] print(3)
--[ not long
print(4)
---[[ a trick
print(5)
--]]
print(type(load("--")), load("--[[ unfinished"))
print(load("-- no newline at the end")())
print(load("#first line is not special in a string"))
print(#"--[[ not a comment ]]")
