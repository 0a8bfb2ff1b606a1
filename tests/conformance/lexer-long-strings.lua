-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- Long brackets of every level.
print([[one]], [=[two]]]=], [==[three]=]]==])
print(#[[

first newline dropped]])
print([[a
b]] == "a\nb", [[]] == "", [[\n]])
print(#[==[ ]] ]=] ]==])
print(load("return [[a\rb]]")() == "a\nb", load("return [[a\r\nb]]")() == "a\nb", load("return [[a\n\rb]]")() == "a\nb")
print(load("return [[unfinished"))
print(load("return [=[unfinished]]"))
print(load("return [=x"))
