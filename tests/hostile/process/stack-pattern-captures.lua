-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- expect: error: 
-- A pattern of captures.
("a"):rep(1000):find(("(a"):rep(30) .. (")"):rep(30))
