-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- Escapes of quoted strings.
local function show(s) print(#s, (s:gsub("[^ -~]", function(c) return ("<%02x>"):format(c:byte()) end))) end
show("plain") show('single "double"') show("double 'single'")
show("\a\b\f\n\r\t\v\\\"\'")
show("\65\066\0671\0") show("\x41\x5a\xff") show("\u{41}\u{e4}\u{20ac}\u{1f600}\u{7fffffff}")
show("a\z
      b\z   c")
show("line\
break")
show("nul\0inside")
show("äöü")
for _, source in ipairs {
	[["unfinished]], [["bad \q escape"]], [["\xg0"]], [["\x1"]], [["\300"]], [["\u{110000000}"]], [["\u41"]],
	[["\u{zz}"]], "'line\nbreak'", [["\400"]], [['\]],
} do
	print(load("return " .. source))
end
