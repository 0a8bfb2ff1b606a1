-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- expect: stopped
-- No loop at all: a source that consists of concatenations of long strings.
local long = ("x"):rep(1 << 20)
local chunk = assert(load("local a = ...\n" .. ("local b = a .. a\nb = nil\n"):rep(100) .. "goto top" and
	"local a = ...\nlocal b\n" .. ("b = a .. a\n"):rep(200000)))
chunk(long)
while true do end
