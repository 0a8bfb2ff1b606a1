-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- expect: stopped
-- A path of a million templates.
package.searchpath("x", ("/nonexistent/?;"):rep(1 << 20))
