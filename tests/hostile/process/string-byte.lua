-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- expect: error: string slice too long
-- More results than the stack holds.
(("x"):rep(1 << 20)):byte(1, -1)
