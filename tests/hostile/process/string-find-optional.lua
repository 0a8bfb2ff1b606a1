-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- expect: stopped
-- The same with optional items, few enough for the smallest stack a hook may find.
("a"):rep(30):find(("a?"):rep(30) .. ("a"):rep(31))
