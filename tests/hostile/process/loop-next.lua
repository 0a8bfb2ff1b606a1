-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- expect: stopped
-- An iterator in C that never ends and calls no Lua: select() returns its argument.
for _ in select, 1, 1 do end
