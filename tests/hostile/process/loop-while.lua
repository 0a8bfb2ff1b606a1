-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- expect: stopped
-- The simplest one.
while true do end
