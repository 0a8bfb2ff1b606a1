-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- expect: error: not enough memory
-- Elements whose sum is too long.
return string.pack("c2000000000", "")
