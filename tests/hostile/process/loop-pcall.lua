-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- expect: stopped
-- The error that stops the script is caught, again and again.
while true do pcall(function() while true do end end) end
