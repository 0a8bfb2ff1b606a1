-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- pack and unpack of strings.
local function hex(s) return (s:gsub(".", function(c) return ("%02x"):format(c:byte()) end)) end
print(hex(string.pack("z", "abc")), string.unpack("z", "abc\0def")) print(hex(string.pack("<s", "abc")), string.unpack("<s", string.pack("<s", "abc"))) print(hex(string.pack("s1", "abc")), string.unpack("s1", "\3abcdef")) print(hex(string.pack(">s2", "abc")), string.unpack(">s2", "\0\3abc")) print(hex(string.pack("c5", "abc")), (string.unpack("c5", "abcde"))) print(hex(string.pack("c0", "")), #string.unpack("c0", ""))
print(hex(string.pack("z z", "", "x"))) print(string.unpack("z z", "\0x\0")) print(hex(string.pack("<!4 b s4", 1, "hi"))) print(string.unpack("<!4 b s4", string.pack("<!4 b s4", 1, "hi")))
print(pcall(string.pack, "z", "a\0b")) print(pcall(string.pack, "c2", "abc")) print(pcall(string.pack, "s1", ("x"):rep(256))) print(#string.pack("s1", ("x"):rep(255))) print(pcall(string.pack, "c", "x")) print(pcall(string.unpack, "z", "abc")) print(pcall(string.unpack, "s1", "\5abc")) print(pcall(string.unpack, "s4", "\255\255\255\255abc")) print(pcall(string.unpack, "c4", "abc")) print(pcall(string.unpack, "s1", ""))
print(hex(string.pack("<i2 z s1 c3 B", -1, "x", "yz", "abc", 255))) print(string.unpack("<i2 z s1 c3 B", string.pack("<i2 z s1 c3 B", -1, "x", "yz", "abc", 255)))
local record = string.pack(">I2 s2 I4", 7, "name", 0xdeadbeef)
local id, name, flags, next = string.unpack(">I2 s2 I4", record) print(id, name, ("%x"):format(flags), next, #record)
print(pcall(string.pack, "s", {})) print(pcall(string.pack, "z", nil)) print(string.unpack("z", "a\0b\0", 3)) print(#string.pack("c1000", "x"), string.pack("c3", "x") == "x\0\0")
