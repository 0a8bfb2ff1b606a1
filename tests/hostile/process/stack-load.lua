-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- expect: ok
-- load in load.
local function f() return load("return ...")(load(f)) end
load(f)
local function g() load(g) end
g()
