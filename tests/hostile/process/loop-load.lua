-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- expect: stopped
-- Compiling for ever: the reader is C and returns the same piece of a comment again and again.
load(coroutine.wrap(function() while true do coroutine.yield("--") end end))
