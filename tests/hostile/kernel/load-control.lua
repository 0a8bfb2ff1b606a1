-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- in: process thread
-- expect: ok
-- The control device, from inside of what it runs.
-- hook
assert(not loadfile("/dev/lunatik"))
