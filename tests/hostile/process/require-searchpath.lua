-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- expect: stopped
-- The separator to be replaced is as long as half of the name.
package.searchpath(("a"):rep(8 << 20), "?", ("a"):rep(4 << 20) .. "b")
