-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- expect: stopped
-- A balanced match that never balances, from every position.
("("):rep(8 << 20):find("%b()x")
