-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- expect: stopped
-- A pattern without magic characters is searched for plainly.
local text = ("a"):rep(8 << 20)
local part = ("a"):rep(4 << 20) .. "b"
while true do text:find(part) end
