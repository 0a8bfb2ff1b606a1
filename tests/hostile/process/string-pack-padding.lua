-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- expect: stopped
-- One option that asks for many bytes of padding.
while true do string.pack("c16000000", "") end
