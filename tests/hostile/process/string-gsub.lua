-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- expect: stopped
-- A substitution that backtracks for ever.
("a"):rep(400):gsub(".-.-.-.-.-.-.-b", "")
