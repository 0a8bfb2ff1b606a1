-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- pack and unpack of integers of every size.
local function hex(s) return (s:gsub(".", function(c) return ("%02x"):format(c:byte()) end)) end
for _, f in ipairs { "b", "B", "h", "H", "l", "L", "j", "J", "T", "i", "I", "i1", "i2", "i3", "i4", "i5", "i7", "i8", "i12", "i16", "I1", "I3", "I8", "I16", "<i4", ">i4", "=i4", "!i8", ">I3", "<I3", ">j", "<j" } do
	for _, v in ipairs { 0, 1, 127 } do
		local p = string.pack(f, v)
		print(f, v, #p, hex(p), string.unpack(f, p))
	end
end
for size = 1, 16 do
	for _, e in ipairs { "<", ">" } do
		local f = e .. "i" .. size
		print(f, hex(string.pack(f, -2)), string.unpack(f, string.pack(f, -2)))
	end
end
print(hex(string.pack(">I2I4I8", 0x1234, 0x12345678, 0x123456789abcdef0))) print(string.unpack(">I2I4I8", string.pack(">I2I4I8", 0x1234, 0x12345678, 0x123456789abcdef0)))
print(hex(string.pack("!4 i1 i4 i1 i2 x i4", 1, 2, 3, 4, 5))) print(hex(string.pack("!8 b Xi8 i8", 1, 2))) print(hex(string.pack("<!2 b x b Xh h", 1, 2, 3)))
for _, c in ipairs { { "b", 128 }, { "b", -129 }, { "B", 256 }, { "B", -1 }, { "i2", 32768 }, { "I2", 65536 }, { "i3", 1 << 23 }, { "i17", 1 }, { "i0", 1 }, { "I", -1 }, { "b" }, { "b", "x" }, { "b", {} }, { "z" }, { "y", 1 }, { "!3 i4", 1 }, { "!0", 1 }, { "!17", 1 }, { "Xz" }, { "X" }, { "Xc1", 1 }, { "i99999999999", 1 } } do
	print(c[1], c[2] ~= nil and tostring(c[2]):sub(1, 5), pcall(string.pack, c[1], c[2]))
end
print(string.unpack("b", "\127", 1)) print(string.unpack("bb", "\1\2")) print(string.unpack("b", "\1\2\3", 2)) print(string.unpack("b", "\1\2\3", -1)) print(pcall(string.unpack, "b", "")) print(pcall(string.unpack, "b", "\1", 3)) print(string.unpack("", "abc")) print(pcall(string.unpack, "i4", "abc")) print(pcall(string.unpack, "i16", ("\255"):rep(8) .. ("\1"):rep(8))) print(string.unpack("<i16", ("\255"):rep(16))) print(pcall(string.unpack, "<I16", ("\255"):rep(16)))
for _, f in ipairs { "b", "i4", "!8 b i8", "!4 b i8", "c10", "b x b", "<i3 >i3", "", "j j j", "!2 b Xi8" } do print(f, string.packsize(f)) end
print(pcall(string.packsize, "s")) print(pcall(string.packsize, "z")) print(pcall(string.packsize, "c")) print(pcall(string.packsize, "i17")) print(pcall(string.packsize, "c2147483647c2147483647")) print(pcall(string.packsize))
