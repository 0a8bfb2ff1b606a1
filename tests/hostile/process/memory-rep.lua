-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- expect: error: not enough memory
-- A string of 2 GiB.
return ("x"):rep((1 << 31) - 1)
