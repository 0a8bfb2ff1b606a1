-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- expect: stopped
-- A match that fails at its last character, at every position.
(("a"):rep(8 << 20)):find(("a"):rep(1 << 20) .. "[b]")
