-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- expect: stopped
-- One step of a repetition walks a set that is a megabyte long.
local text = ("a"):rep(4 << 20)
local set = "[" .. ("b"):rep(1 << 20) .. "a]*x"
text:find(set)
