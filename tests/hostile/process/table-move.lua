-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- expect: stopped
-- Moving nils: nothing is allocated, the memory limit does not help.
table.move({}, 1, math.maxinteger - 1, 2)
