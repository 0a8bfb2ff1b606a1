-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- expect: stopped
-- A callback that loops in the middle of a substitution.
("abc"):gsub(".", function() while true do end end)
