-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- expect: stopped
-- Backtracking that is exponential in the number of items.
("a"):rep(400):find(".-.-.-.-.-.-.-.-b")
