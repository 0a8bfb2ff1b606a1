-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- in: process thread
-- expect: stopped
-- Modules are looked for again and again.
-- hook
while true do pcall(require, "no.such.module") end
