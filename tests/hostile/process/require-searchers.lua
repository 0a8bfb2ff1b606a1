-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- expect: stopped
-- Searchers without end.
package.searchers = setmetatable({}, {})
for i = 1, 1 << 20 do package.searchers[i] = type end
while true do pcall(require, "x") end
