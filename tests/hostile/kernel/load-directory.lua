-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- in: process thread
-- expect: ok
-- What is no file at all.
-- hook
assert(not loadfile("/"))
assert(not loadfile("/dev/lunatik/"))
assert(not loadfile(""))
assert(not loadfile(("/x"):rep(5000)))
