-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- expect: stopped
-- The other direction.
table.move({}, 2, math.maxinteger - 1, 1)
