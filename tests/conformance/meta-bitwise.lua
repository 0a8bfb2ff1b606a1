-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- __band, __bor, __bxor, __shl, __shr, __bnot.
local meta = {}
for _, name in ipairs { "band", "bor", "bxor", "shl", "shr", "bnot" } do
	meta["__" .. name] = function(a, b) return name, type(a), type(b) end
end
local t = setmetatable({}, meta)
print((t & 1), (1 & t), (t | 1), (1 | t), (t ~ 1), (1 ~ t), (t << 1), (1 << t), (t >> 1), (1 >> t), (~t))
print((t & t), (t | "x"), ("x" | t), (t ~ nil), (nil ~ t))
print(pcall(function() return {} & 1 end))
print(pcall(function() return {} << {} end))
print(pcall(function() return ~{} end))
print(pcall(function() local u = { v = {} } return u.v | 1 end))
