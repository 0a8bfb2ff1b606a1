-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- string.pack and string.unpack.
return function()
	local sum = 0
	for i = 1, 6000 do
		local s = string.pack("<I4I2Bs1", i, i % 65536, i % 256, "abc")
		local a, b, c = string.unpack("<I4I2B", s)
		sum = sum + a + b + c
	end
	return sum
end
