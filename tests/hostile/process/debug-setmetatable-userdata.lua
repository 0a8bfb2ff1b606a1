-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- expect: error: the metatable of a userdata belongs to its class
-- An object cannot be made one of another class.
local _, object = debug.getupvalue(("x"):gmatch("x"), 3)
assert(type(object) == "userdata")
debug.setmetatable(object, {})
