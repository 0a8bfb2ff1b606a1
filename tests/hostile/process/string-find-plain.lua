-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- expect: stopped
-- A plain search is the product of two lengths.
local text = ("a"):rep(8 << 20)
local part = ("a"):rep(4 << 20) .. "b"
while true do text:find(part, 1, true) end
