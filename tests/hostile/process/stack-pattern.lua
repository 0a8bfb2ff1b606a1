-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- expect: error: 
-- A pattern that recurses at each item.
("a"):rep(1000):find(("a?"):rep(1000))
