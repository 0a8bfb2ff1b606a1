-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- expect: error: too many results to unpack
-- More results than the stack holds.
table.unpack({}, 1, 1 << 30)
