-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- expect: stopped
-- Nothing, repeated with a separator of nothing in between.
while true do (""):rep(1 << 30, "") end
