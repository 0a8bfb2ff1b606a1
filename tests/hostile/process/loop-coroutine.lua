-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- expect: stopped
-- A count hook would not be inherited by what runs here.
coroutine.wrap(function() while true do end end)()
