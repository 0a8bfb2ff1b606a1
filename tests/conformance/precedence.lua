-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- Which operator binds first.
print(1 + 2 * 3, (1 + 2) * 3, 2 * 3 % 4, 7 // 2 * 2, -3 * 2, -(3 * 2), - 3 - - 3)
print(1 .. 2 .. 3, 1 + 1 .. 1 + 2, "a" .. 1 + 2)
print(1 | 2 & 3, (1 | 2) & 3, 1 ~ 3 & 2, 1 | 2 ~ 3, 5 & 3 << 1, 1 << 2 + 1, ~1 & 3, ~1 + 1)
print(1 < 2 == true, not 1 == 2, not (1 == 2), not nil and 1, 1 or error(), nil and error(), false == false ~= false)
print(1 and 2 or 3, nil and 2 or 3, 1 and nil or 3, nil or false, false or nil, 1 or nil and error())
print("a" < "b" and "b" < "c", 1 < 2 and 2 < 3, #"abc" + 1, -#"abc", not #"" == 0)
print(2 .. "" == "2", 1 .. "" .. 2 == "12", -1 .. "", - 1 .. "")
