-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- expect: stopped
-- An iterator that backtracks for ever.
for _ in ("a"):rep(400):gmatch(".-.-.-.-.-.-.-b") do end
