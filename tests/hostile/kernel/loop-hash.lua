-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- in: process thread
-- expect: stopped
-- A digest of much, again and again.
local crypto = require("crypto")
-- hook
local text = ("x"):rep(1 << 20)
while true do crypto.sha1(text) end
