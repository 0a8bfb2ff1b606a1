-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- expect: stopped
-- The same with optional items.
("a"):rep(60):find(("a?"):rep(60) .. ("a"):rep(61))
