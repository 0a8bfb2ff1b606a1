-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- in: process thread
-- expect: error: not enough memory
-- A file without end, and without a newline.
-- hook
assert(loadfile("/dev/zero"))
error("not enough memory")
