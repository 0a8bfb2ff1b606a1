-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- expect: stopped
-- Every iteration is in a new coroutine.
while true do coroutine.wrap(function() for i = 1, 100 do end end)() end
