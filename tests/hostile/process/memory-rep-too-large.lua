-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- expect: error: resulting string too large
-- A string that no memory could hold.
return ("x"):rep(1 << 60)
