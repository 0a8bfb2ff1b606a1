-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- in: process thread
-- expect: stopped
-- A file that waits for what nobody writes.
-- hook
while true do loadfile("/proc/kmsg") end
