-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- expect: error: not enough memory
-- Every match is replaced by the whole.
local text = "ab"
while true do text = text:gsub(".", { a = text, b = text }) end
