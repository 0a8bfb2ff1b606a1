-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- expect: stopped
-- A reader in C that always returns a string: the chunk has no end. (collectgarbage() returns 0: a number of zeros.)
assert(load(collectgarbage))
