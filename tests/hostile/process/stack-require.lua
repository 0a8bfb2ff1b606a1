-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- expect: error: C stack overflow
-- A module that requires the next one.
package.searchers = { function(name) return function() return require(name .. "x") end end }
require("x")
