-- SPDX-License-Identifier: MIT OR GPL-2.0-only
--
-- What /dev/mydevice answers; the device itself is a kernel module in C (mydevice.c) or in C++ (examples/kmod-cpp). They
-- look for this script as /lib/modules/lua/mydevice.lua.

-- The module calls it by its name.
-- luacheck: globals myread

-- read(2) of `len` bytes at offset `off`: what it gives, and, optionally, the offset behind it.
function myread(len, off)
	return "42"
end
