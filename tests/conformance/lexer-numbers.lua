-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- Integer numerals, decimal and hexadecimal.
print(0, 1, 42, 007, 9223372036854775807)
print(0x0, 0xff, 0XFF, 0xdeadBEEF, 0x7fffffffffffffff, 0x8000000000000000, 0xffffffffffffffff)
print(0x1ffffffffffffffff, 0x123456789abcdef0123456789abcdef)
print(-9223372036854775807 - 1, - 5, - -5, -0)
print(1//1, 2-1, 3--1 comment
)
for _, source in ipairs { "1x", "0xg", "0x", "12ab", "1..2", "3_000", "0b1", "1e", "08z" } do
	print(source, load("return " .. source))
end
