-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- in: process thread
-- expect: error: cannot open
-- A file without end, and without a newline, is none that can be read.
-- hook
assert(loadfile("/dev/zero"))
