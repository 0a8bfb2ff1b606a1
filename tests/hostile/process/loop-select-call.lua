-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- expect: stopped
-- Only C functions in the loop body.
while true do select(2, 1, 2) end
