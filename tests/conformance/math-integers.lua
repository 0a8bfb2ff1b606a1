-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- What is kept of math.
print(math.maxinteger, math.mininteger, math.maxinteger + 1 == math.mininteger)
print(math.abs(5), math.abs(-5), math.abs(0), math.abs(math.mininteger), math.abs(math.maxinteger))
print(math.max(1), math.max(1, 2, 3), math.max(-1, -5), math.max(math.mininteger, math.maxinteger), math.min(1), math.min(3, 1, 2), math.min(-1, -5), math.min(math.mininteger, 0))
print(math.ult(1, 2), math.ult(2, 1), math.ult(1, 1), math.ult(-1, 1), math.ult(1, -1), math.ult(math.maxinteger, math.mininteger))
print(math.tointeger(5), math.tointeger(-5), math.tointeger("8"), math.tointeger("x"), math.tointeger({}), math.tointeger(nil), math.tointeger(true))
print(pcall(math.abs)) print(pcall(math.abs, "x")) print(pcall(math.abs, {})) print(pcall(math.max)) print(pcall(math.min)) print(pcall(math.max, 1, "x")) print(pcall(math.max, {}, 1)) print(pcall(math.ult)) print(pcall(math.ult, 1)) print(pcall(math.ult, "x", 1)) print(pcall(math.tointeger)) print(pcall(math.max, nil)) print(pcall(math.min, 1, nil))
